import type { RunEvent, TokenEvent } from '../../client/events/event.ts';
import type { Style } from '../output.ts';
import { hanging } from '../text/brief.ts';
import { safe } from '../text/escape.ts';
import { clock } from '../text/time.ts';
import { fitted, widthOf } from '../text/width.ts';
import { describeEvent } from './describe.ts';

/** Where and how events are shown. */
export interface ViewOptions {
  /** Where to write. */
  readonly write: (text: string) => void;
  readonly style: (style: Style, text: string) => string;
  /** Columns. */
  readonly width: number;
  /** Whether the times of events are shown. */
  readonly hasTimes: boolean;
  /** Whether what the run comes to is shown here, and not elsewhere. Default `true`. */
  readonly hasAnswer?: boolean;
  /** Times as ISO 8601. */
  readonly iso?: boolean | undefined;
}

/** Shows what happens in a run to people: a line for each event, and what models say while they say it. */
export class EventView {
  readonly #options: ViewOptions;
  readonly #runId: string;
  /** What is on the screen of what the model says now. */
  #spoken = '';
  #attempt = 0;
  /** The first half of a character whose other half comes with the next piece. */
  #half = '';
  #lastSaid = '';

  constructor(runId: string, options: ViewOptions) {
    this.#runId = runId;
    this.#options = options;
  }

  /** What a model said last, as it was shown. */
  get lastSaid(): string {
    return this.#lastSaid;
  }

  /** Shows an event. */
  show(event: RunEvent | TokenEvent): void {
    // Sub-agents speak to their caller, not to the user.
    if (event.type === 'token') return event.workflowId === this.#runId ? this.#speak(event) : undefined;
    const isSpoken = event.type === 'model_responded' && this.#spoken !== '' && this.#spoken === event.text;
    this.end();
    if (event.type === 'model_responded') this.#lastSaid = event.text;
    if (event.type === 'run_completed' && this.#options.hasAnswer === false) return;
    if (!isSpoken) this.#options.write(this.#lineOf(event));
  }

  /** Ends the line of what a model says. */
  end(): void {
    if (this.#spoken !== '') this.#options.write('\n');
    this.#spoken = '';
    this.#half = '';
  }

  #lineOf(event: RunEvent): string {
    const { style, hasTimes, iso, width } = this.#options;
    const { sign, style: look, what, text = '', isWhole = false } = describeEvent(event);
    const time = hasTimes ? `${clock(event.at, iso)} ` : '';
    const before = hasTimes ? style('dim', time) : '';
    const head = `${sign} ${what}`;
    const indent = ' '.repeat(widthOf(time) + 2);
    if (isWhole && text.includes('\n')) return `${before}${style(look, head)}\n${indent}${hanging(text, indent)}\n`;
    const room = isWhole ? Infinity : width - widthOf(time) - widthOf(head) - 2;
    const shown = text === '' ? '' : `  ${fitted(text, Math.max(room, 10))}`;
    return `${before}${style(look, head)}${shown}\n`;
  }

  #speak({ kind, text, attempt, offset }: TokenEvent): void {
    if (kind !== 'text') return;
    // A model call that is tried again begins again.
    if (offset === 0 || attempt !== this.#attempt) this.end();
    this.#attempt = attempt;
    if (offset !== this.#spoken.length) return;
    this.#spoken += text;
    const piece = this.#half + text;
    this.#half = /[\uD800-\uDBFF]$/.exec(piece)?.[0] ?? '';
    this.#options.write(safe(piece.slice(0, piece.length - this.#half.length)));
  }
}
