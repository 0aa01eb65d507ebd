import type { RunEvent, TokenEvent } from 'perdure';
import { fitted, lineOf, styled } from './lines.ts';

/** What is seen of a run. The answer goes to standard output, all else to standard error. */
export interface View {
  event(event: RunEvent | TokenEvent, depth: number, runId: string): void;
  /** Something that the demo itself has to say. */
  note(text: string): void;
  answer(output: unknown): void;
}

/** One line of JSON for each event. */
export const jsonView: View = {
  event: (event, depth, runId) => console.log(JSON.stringify({ runId, depth, ...event })),
  note: (text) => console.error(text),
  answer: () => {},
};

/** For people: a line for each step, and the answer as it is spoken. */
export class TextView implements View {
  /** What is on the screen of the answer that is being spoken. */
  #spoken = '';
  #attempt = 0;
  readonly #isLive: boolean;

  constructor(isLive: boolean = process.stdout.isTTY) {
    this.#isLive = isLive;
  }

  event(event: RunEvent | TokenEvent, depth: number): void {
    if (event.type === 'token') return this.#speak(event, depth);
    const line = lineOf(event);
    if (line === undefined) return;
    const [sign, style, text] = line;
    this.#endLine();
    const indent = '  '.repeat(depth + 1);
    console.error(styled(style, fitted(`${indent}${sign} ${text}`)));
  }

  note(text: string): void {
    this.#endLine();
    console.error(styled('dim', text));
  }

  answer(output: unknown): void {
    const text = typeof output === 'string' ? output : JSON.stringify(output, null, 2);
    if (this.#spoken.trim() === text.trim()) return this.#endLine();
    this.#endLine();
    console.log(text);
  }

  /** Sub-agents speak to their caller, not to the user. */
  #speak({ kind, text, attempt, offset }: TokenEvent, depth: number): void {
    if (!this.#isLive || depth > 0 || kind !== 'text') return;
    // A model call that is repeated begins again.
    if (attempt !== this.#attempt || offset === 0) this.#endLine();
    this.#attempt = attempt;
    if (offset !== this.#spoken.length) return;
    this.#spoken += text;
    process.stdout.write(text);
  }

  #endLine(): void {
    if (this.#spoken !== '') process.stdout.write('\n');
    this.#spoken = '';
  }
}
