import type { TokenEvent } from '../../client/events/event.ts';
import type { UiChunk } from './ui-chunk.ts';

const KINDS = ['reasoning', 'text'] as const;
type Kind = (typeof KINDS)[number];

/**
 * What a model says in one step, in pieces while it says it, and whole in the end. Pieces may be missing or come twice, and a model that is asked again
 * begins anew: what was shown is then taken back, so that nothing is ever shown twice.
 */
export class Speech {
  readonly #step: number;
  #attempt = 0;
  #said: Record<Kind, string | undefined> = { text: undefined, reasoning: undefined };

  constructor(step: number) {
    this.#step = step;
  }

  /** A piece of it. */
  piece({ kind, attempt, offset, text }: TokenEvent): UiChunk[] {
    if (attempt < this.#attempt) return [];
    const reset = attempt > this.#attempt ? this.takeBack() : [];
    this.#attempt = attempt;
    const said = this.#said[kind] ?? '';
    // After a gap nothing more is shown until the whole is there.
    if (offset > said.length) return reset;
    return [...reset, ...this.#say(kind, text.slice(said.length - offset))];
  }

  /** All of it, as it stands in history. */
  whole(whole: Readonly<Record<Kind, string>>): UiChunk[] {
    const fits = KINDS.every((kind) => whole[kind].startsWith(this.#said[kind] ?? ''));
    const chunks = fits ? [] : this.takeBack();
    for (const kind of KINDS) {
      chunks.push(...this.#say(kind, whole[kind].slice(this.#said[kind]?.length ?? 0)));
      if (this.#said[kind] !== undefined) chunks.push({ type: `${kind}-end`, id: this.#id(kind) });
    }
    return chunks;
  }

  /** None of it counts. */
  takeBack(): UiChunk[] {
    const isSilent = KINDS.every((kind) => this.#said[kind] === undefined);
    this.#said = { text: undefined, reasoning: undefined };
    return isSilent ? [] : [{ type: 'reset-step' }];
  }

  #say(kind: Kind, delta: string): UiChunk[] {
    if (delta === '') return [];
    const id = this.#id(kind);
    const start: UiChunk[] = this.#said[kind] === undefined ? [{ type: `${kind}-start`, id }] : [];
    this.#said[kind] = (this.#said[kind] ?? '') + delta;
    return [...start, { type: `${kind}-delta`, id, delta }];
  }

  #id(kind: Kind): string {
    return `${kind}-${this.#step}`;
  }
}
