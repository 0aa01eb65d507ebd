import type { ChildProcess } from 'node:child_process';
import { forkFile, nextMessage } from '../fork.ts';
import type { TokenAnswer } from './token-client.ts';

/** A client in a process of its own, that hears the models of the worker in this one. */
export class TokenProcess {
  readonly #start: () => Promise<ChildProcess>;
  #child: Promise<ChildProcess> | undefined;

  /** It is started when it is needed. */
  constructor(path: string, taskQueue: string) {
    this.#start = async () => {
      const child = forkFile('agents/token-client.ts', [path, taskQueue]);
      await this.#answer(child);
      return child;
    };
  }

  /** How long the first token of one run took, in milliseconds. */
  async measure(): Promise<number> {
    this.#child ??= this.#start();
    const child = await this.#child;
    child.send('measure');
    return (await this.#answer(child)) as number;
  }

  /** Ends it. */
  async close(): Promise<void> {
    (await this.#child)?.disconnect();
  }

  async #answer(child: ChildProcess): Promise<number | 'ready'> {
    const answer = (await nextMessage(child, 'the client')) as TokenAnswer;
    if (typeof answer === 'object') throw new Error(`first-token: ${answer.error}`);
    return answer;
  }
}
