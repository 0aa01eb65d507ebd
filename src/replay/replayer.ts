import proto from '@temporalio/proto';
import type { HistoryAndWorkflowId } from '@temporalio/client';
import type { ReplayWorkerOptions, Worker } from '@temporalio/worker';
import { type NativeReplayHandle, OfficialWorker } from '../official.ts';
import type { Command } from './labels.ts';

const { WorkflowActivation } = proto.coresdk.workflow_activation;
const { WorkflowActivationCompletion } = proto.coresdk.workflow_completion;

/** What workflow code said while it was replayed. */
export interface Heard {
  /** What it asked for, in order. */
  readonly commands: Command[];
  /** What it threw, where that was no failure of the workflow. */
  failure?: { readonly message: string; readonly stack: string };
}

/** What came of one history. */
export interface Replay {
  readonly error: Error | undefined;
  readonly heard: Heard;
}

/** The official replayer, which listens to what the code asks for. */
type Replayer = Pick<typeof Worker, 'runReplayHistories'>;

/** Replays histories one by one with the official replayer, in order. */
export async function* replayHistories(
  options: ReplayWorkerOptions,
  histories: AsyncIterable<HistoryAndWorkflowId>,
): AsyncGenerator<Replay, void, undefined> {
  let heard: Heard = { commands: [] };
  class Listening extends OfficialWorker {
    static override nativeWorkerCtor = {
      create: OfficialWorker.nativeWorkerCtor.create,
      createReplay: async (...args: Parameters<typeof OfficialWorker.nativeWorkerCtor.createReplay>) => {
        const handle = await OfficialWorker.nativeWorkerCtor.createReplay(...args);
        listen(handle, () => heard);
        return handle;
      },
    };
  }
  const replayer = Listening as unknown as Replayer;
  for await (const { error } of replayer.runReplayHistories(options, histories)) {
    yield { error, heard };
    heard = { commands: [] };
  }
}

function listen({ worker }: NativeReplayHandle, current: () => Heard): void {
  const { pollWorkflowActivation: poll, completeWorkflowActivation: complete } = worker;
  let isReplaying = true;
  worker.pollWorkflowActivation = async () => {
    const bytes = await poll();
    isReplaying = WorkflowActivation.decode(new Uint8Array(bytes)).isReplaying;
    return bytes;
  };
  worker.completeWorkflowActivation = async (bytes) => {
    const { failed, successful } = WorkflowActivationCompletion.decodeDelimited(new Uint8Array(bytes));
    const heard = current();
    // What the code does beyond history is its own affair.
    if (isReplaying) heard.commands.push(...(successful?.commands ?? []));
    if (failed?.failure)
      heard.failure = { message: failed.failure.message ?? '', stack: failed.failure.stackTrace ?? '' };
    await complete(bytes);
  };
}
