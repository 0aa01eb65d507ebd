import { CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';

/** Sends signals to other runs one after the other, so that they arrive in order, and also while this run is being cancelled. */
export class Outbox {
  #last: Promise<unknown> = Promise.resolve();
  #unsent = 0;

  /** Sends a signal. @returns whether there was such a run. */
  send(workflowId: string, signal: string, argument: unknown): Promise<boolean> {
    this.#unsent += 1;
    const sent = this.#last.then(() => deliver(workflowId, signal, argument)).finally(() => (this.#unsent -= 1));
    this.#last = sent;
    return sent;
  }

  /** Whether everything has arrived. */
  get idle(): boolean {
    return this.#unsent === 0;
  }
}

async function deliver(workflowId: string, signal: string, argument: unknown): Promise<boolean> {
  try {
    await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(workflowId).signal(signal, argument));
    return true;
  } catch {
    return false; // the only reason that there is: no such run is open
  }
}
