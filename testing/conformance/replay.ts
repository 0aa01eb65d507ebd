import type { HistoryAndWorkflowId } from '@temporalio/client';
import type { Worker } from '@temporalio/worker';
import { createWorkflowHost } from '../../src/host/host.ts';
import { OfficialWorker } from '../../src/official.ts';
import { workflowBundle } from './bundle.ts';
import type { RunHistory } from './histories.ts';

/** The official replayer, with workflow code in a host of ours. */
class HostedWorker extends OfficialWorker {
  static override createWorkflowCreator: typeof OfficialWorker.createWorkflowCreator = (bundle, { activities }) =>
    createWorkflowHost(bundle, { threads: 0, registeredActivityNames: new Set(activities.keys()) });
}

type Replays = Pick<typeof Worker, 'runReplayHistories'>;
const replayers = {
  official: OfficialWorker as unknown as Replays,
  ours: HostedWorker as unknown as Replays,
};

interface Job {
  readonly run: RunHistory;
  resolve(): void;
  reject(error: unknown): void;
}

/** The official replayer with the suite's workflow code, kept alive so that each history costs milliseconds. */
export interface Replayer {
  /** Resolves when the history replays; rejects with the reason when it does not. */
  check(run: RunHistory): Promise<void>;
  /** Ends the replay worker. */
  close(): Promise<void>;
}

/** How histories are replayed. */
export interface ReplayerOptions {
  /** What runs the workflow code: the official worker's, or the host of our engines, at a part of its CPU time. Default: `official`. */
  readonly host?: 'official' | 'ours';
}

/** Starts a replayer. It works one history at a time, in order. */
export function createReplayer({ host = 'official' }: ReplayerOptions = {}): Replayer {
  const jobs: Job[] = [];
  const current: { job?: Job } = {};
  let wake: () => void = () => {};
  let closed = false;

  async function* histories(): AsyncIterable<HistoryAndWorkflowId> {
    while (!closed || jobs.length > 0) {
      const job = jobs.shift();
      if (job) {
        current.job = job;
        yield { workflowId: job.run.workflowId, history: job.run.history };
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  }
  const running = (async () => {
    const bundle = await workflowBundle();
    for await (const { error } of replayers[host].runReplayHistories({ workflowBundle: bundle }, histories())) {
      if (error) current.job?.reject(error);
      else current.job?.resolve();
    }
  })().catch((error: unknown) => {
    for (const job of [current.job, ...jobs]) job?.reject(error);
    throw error;
  });
  running.catch(() => {}); // reported by check() and close()
  return {
    check: (run) =>
      new Promise((resolve, reject) => {
        jobs.push({ run, resolve, reject });
        wake();
      }),
    close: async () => {
      closed = true;
      wake();
      await running;
    },
  };
}
