import { count, indent } from '../text.ts';
import type { Step } from './steps.ts';

/**
 * Something that a worker does, as a place to kill it: the second model call, the first (third) call of a tool, the end of a sub-agent, the second call of an
 * activity, the fifth workflow task. Counted over all runs, from when the environment was made; attempts that failed don't count.
 */
export type CrashPoint =
  | `model ${number}`
  | `tool ${string}`
  | `agent ${string}`
  | `activity ${string}`
  | `task ${number}`;

/** Counts what workers do, and says when they get to where they are to be killed. */
export class CrashPoints {
  readonly #done = new Map<string, number>();
  readonly #waiting = new Map<string, { readonly point: string; readonly when: 'before' | 'after' }>();

  /** @throws Error when it has happened already. */
  add(point: CrashPoint, when: 'before' | 'after'): void {
    const { label, number } = parse(point);
    const done = this.#done.get(label) ?? 0;
    if (done >= number) throw new Error(`There can be no crash at '${point}': it is over. ${this.#summary()}`);
    this.#waiting.set(`${label} ${number}`, { point, when });
  }

  /** Whether the worker that is about to report this step has to die. */
  diesBefore({ labels }: Step): boolean {
    return labels.some((label) => this.#reached(label, (this.#done.get(label) ?? 0) + 1, 'before'));
  }

  /** Counts a step that was reported. @returns whether the worker has to die. */
  diesAfter({ labels }: Step): boolean {
    const reached = labels.map((label) => {
      const done = (this.#done.get(label) ?? 0) + 1;
      this.#done.set(label, done);
      return this.#reached(label, done, 'after');
    });
    return reached.includes(true);
  }

  /** What was to happen and did not. */
  get problems(): string[] {
    return [...this.#waiting.values()].map(
      ({ point, when }) => `No worker got to '${point}', ${when} which it was to die. ${this.#summary()}`,
    );
  }

  #reached(label: string, number: number, when: 'before' | 'after'): boolean {
    const key = `${label} ${number}`;
    return this.#waiting.get(key)?.when === when && this.#waiting.delete(key);
  }

  #summary(): string {
    const lines = [...this.#done].map(([label, done]) => `${label}: ${count(done, 'time')}`);
    return lines.length === 0 ? 'Nothing was done so far.' : `What was done:\n${indent(lines)}`;
  }
}

function parse(point: string): { label: string; number: number } {
  const [, label = point, number = '1'] = /^(.*?)(?: (\d+))?$/.exec(point.trim()) ?? [];
  return { label, number: Number(number) };
}
