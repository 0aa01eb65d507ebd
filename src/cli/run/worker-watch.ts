import type { RunEvent } from '../../client/events/event.ts';
import type { Perdure } from '../../client/perdure.ts';
import type { Run } from '../../client/run.ts';
import type { CliOutput } from '../output.ts';

/** A worker that is there has begun long before. */
const PATIENCE_MS = 3_000;
/** Of Temporal's task queues, those of workflows. */
const WORKFLOWS = 1;

/** Says that no worker works, when nothing happens after a run was started: it would be waited for without end. */
export class WorkerWatch {
  readonly #timer: NodeJS.Timeout;

  constructor(perdure: Perdure, run: Run, output: CliOutput) {
    this.#timer = setTimeout(() => void look(perdure, run, output), PATIENCE_MS);
    this.#timer.unref();
  }

  /** Takes note of what happens. */
  heed(event: RunEvent): void {
    if (event.type !== 'run_started') this.stop();
  }

  /** Looks no more. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function look({ client }: Perdure, run: Run, { err, errStyle }: CliOutput): Promise<void> {
  try {
    const { taskQueue } = await run.describe();
    const request = { namespace: client.options.namespace, taskQueue: { name: taskQueue }, taskQueueType: WORKFLOWS };
    const { pollers } = await client.workflowService.describeTaskQueue(request);
    if ((pollers?.length ?? 0) > 0) return;
    err(errStyle('yellow', `No worker works on the task queue '${taskQueue}'. Start one: perdure worker FILE\n`));
  } catch {
    // It was only for the sake of a hint.
  }
}
