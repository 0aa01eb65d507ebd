import { createInterface, type Interface } from 'node:readline/promises';
import type { Wait } from 'perdure';
import type { AnswerSource } from './ask.ts';
import { styled } from './lines.ts';
import type { Session } from './session.ts';
import type { View } from './view.ts';

const WELCOME = `This is the order desk. Ask about an order, e.g. "Where is order 1042?" or "I want my money back for 1042".
Orders have the numbers 1008 to 1047. Ctrl-C leaves.`;

/** A conversation in the terminal, until the user leaves. */
export async function chat(session: Session, view: View): Promise<void> {
  const terminal = new Terminal();
  view.note(WELCOME);
  try {
    await takeUp(session, view, terminal);
    for (let question = await terminal.ask('> '); question !== undefined; question = await terminal.ask('> ')) {
      if (question.trim() === '') continue;
      if (/^(?:exit|quit|bye)\W*$/i.test(question.trim())) break;
      const ending = await terminal.unlessLeft(
        session.ask(question).then((run) => session.attend(run, terminal.answer)),
      );
      if (ending === undefined) break;
      if (ending.type === 'failed') view.note(ending.message);
    }
    view.note('Bye. What is not finished waits for you here.');
  } finally {
    terminal.close();
  }
}

/** What an earlier session has left. */
async function takeUp(session: Session, view: View, terminal: Terminal): Promise<void> {
  for (const run of await session.unfinished()) {
    const [wait] = await run.pending();
    view.note(wait ? `An earlier question waits for you: ${wait.message}` : 'An earlier question is not answered yet.');
    const answer = await terminal.ask('Take it up? (Y/n) ');
    if (answer === undefined) return;
    if (/^\s*n/i.test(answer)) await run.cancel({ reason: 'not taken up' });
    else if ((await terminal.unlessLeft(session.attend(run, terminal.answer))) === undefined) return;
  }
}

/** Lines of the user: from a terminal, or from a pipe. */
class Terminal {
  readonly #lines: Interface;
  readonly #left = new AbortController();
  readonly #pending: string[] = [];
  #take: ((line: string) => void) | undefined;

  constructor() {
    this.#lines = createInterface({ input: process.stdin, output: process.stderr, terminal: process.stdin.isTTY });
    this.#lines.on('line', (line) => (this.#take ? this.#take(line) : this.#pending.push(line)));
    this.#lines.once('close', () => this.#left.abort());
    this.#lines.once('SIGINT', () => this.#lines.close());
    process.once('SIGINT', () => this.#lines.close());
  }

  readonly answer: AnswerSource = (wait: Wait, signal: AbortSignal) =>
    this.ask(wait.kind === 'approval' ? 'Approve? (y/n) ' : 'You: ', signal);

  /** @returns `undefined` when the user has left. */
  async ask(prompt: string, signal?: AbortSignal): Promise<string | undefined> {
    const known = this.#pending.shift();
    if (known !== undefined) return known;
    if (this.#left.signal.aborted || signal?.aborted) return undefined;
    this.#lines.setPrompt(styled('bold', prompt));
    this.#lines.prompt();
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const stop = (): void => resolve(undefined);
    this.#take = resolve;
    for (const each of [this.#left.signal, signal]) each?.addEventListener('abort', stop, { once: true });
    try {
      return await promise;
    } finally {
      this.#take = undefined;
      for (const each of [this.#left.signal, signal]) each?.removeEventListener('abort', stop);
    }
  }

  /** @returns `undefined` when the user has left meanwhile. */
  async unlessLeft<T>(work: Promise<T>): Promise<T | undefined> {
    // A pipe that has ended is no wish to leave: what it asked for is still answered.
    if (!process.stdin.isTTY) return work;
    const left = new Promise<undefined>((resolve) => {
      if (this.#left.signal.aborted) resolve(undefined);
      this.#left.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    work.catch(() => {});
    return Promise.race([work, left]);
  }

  close(): void {
    this.#lines.close();
  }
}
