import { Client, type ClientOptions, WorkflowClient, type WorkflowClientOptions } from '@temporalio/client';
import type { WorkflowResultOptions } from '@temporalio/client';
import type { VirtualClock } from '../src/runtime/virtual-clock.ts';

/** The official client, with the one difference that time skips ahead while a workflow's result is awaited. */
export class TimeSkippingClient extends Client {
  constructor(options: ClientOptions, clock: VirtualClock) {
    super(options);
    const workflow = new TimeSkippingWorkflowClient({ ...this.workflow.options, connection: this.connection }, clock);
    // The base class makes its own and has no seam for another one.
    Object.defineProperty(this, 'workflow', { value: workflow, enumerable: true });
  }
}

class TimeSkippingWorkflowClient extends WorkflowClient {
  private readonly clock: VirtualClock;

  constructor(options: WorkflowClientOptions, clock: VirtualClock) {
    super(options);
    this.clock = clock;
  }

  override async result<T>(workflowId: string, runId?: string, options?: WorkflowResultOptions): Promise<T> {
    const lock = this.clock.unlock();
    try {
      return await super.result(workflowId, runId, options);
    } finally {
      lock();
    }
  }
}
