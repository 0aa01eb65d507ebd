import type { RunEvent } from '../../client/events/event.ts';
import type { Run } from '../../client/run.ts';
import type { Wait } from '../../workflow/protocol/index.ts';
import { describeError } from '../errors.ts';
import type { CliOutput } from '../output.ts';

const YES = /^y(?:es)?$/i;
const NO = /^no?$/i;

/** Has the user answer what a run asks; where nobody sits at the terminal, says how it is answered. One question after the other. */
export class Answering {
  readonly #open = new Map<string, AbortController>();
  readonly #run: Run;
  readonly #output: CliOutput;
  readonly #commandLine: (words: readonly string[]) => string;
  #last: Promise<void> = Promise.resolve();

  constructor(run: Run, output: CliOutput, commandLine: (words: readonly string[]) => string) {
    this.#run = run;
    this.#output = output;
    this.#commandLine = commandLine;
  }

  /** Takes note of what happens. */
  heed(event: RunEvent): void {
    if (event.type === 'input_requested' || event.type === 'approval_requested') this.#begin(event.wait);
    if (event.type === 'wait_answered' || event.type === 'wait_closed') this.#open.get(event.wait.id)?.abort();
  }

  /** Asks no more. */
  stop(): void {
    for (const controller of this.#open.values()) controller.abort();
  }

  #begin(wait: Wait): void {
    const { ask, err, errStyle } = this.#output;
    if (ask === undefined) {
      const [word, ...text] = wait.kind === 'approval' ? ['approve'] : ['reply', 'TEXT'];
      const line = this.#commandLine([word ?? '', this.#run.id, ...text, '--wait-id', wait.id]);
      return err(errStyle('dim', `  to answer: ${line}\n`));
    }
    const controller = new AbortController();
    this.#open.set(wait.id, controller);
    const { signal } = controller;
    this.#last = this.#last.then(async () => await this.#answer(wait, ask, signal));
  }

  async #answer(wait: Wait, ask: NonNullable<CliOutput['ask']>, signal: AbortSignal): Promise<void> {
    const options = { waitId: wait.id };
    while (!signal.aborted) {
      try {
        const text = (await ask(wait.kind === 'approval' ? '  allow it? [y/n] ' : '  > ', signal)).trim();
        if (wait.kind === 'approval' && YES.test(text)) return await this.#run.approve(options);
        if (wait.kind === 'approval' && NO.test(text)) return await this.#run.reject(options);
        if (wait.kind === 'input' && text !== '') return await this.#run.reply(text, options);
      } catch (error) {
        // Somebody else was faster, or nobody wants to know any more.
        if (signal.aborted) return;
        this.#output.err(describeError(error, false));
      }
    }
  }
}
