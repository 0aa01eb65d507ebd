import type { coresdk } from '@temporalio/proto';
import { createUnsafeRandomSource, type SinkCall, type Workflow, type WorkflowCreateOptions } from '../official.ts';
import { ActivationError, type Lane, type Outcome } from './lane.ts';
import { replayRequest } from './replay-request.ts';

type Activation = coresdk.workflow_activation.IWorkflowActivation;
type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

/** What a hosted workflow needs of its host. */
export interface HostedWorkflowOptions {
  readonly lane: Lane;
  readonly create: WorkflowCreateOptions;
  /** `Date.now` as sinks see it in `workflowInfo.unsafe.now`. */
  readonly now: () => number;
  /** Called when a stack trace was asked for and the lane has no promise hooks; absent where it has, or where nothing can be done. */
  readonly onStackTraceQuery?: (() => void) | undefined;
}

/** A run as the official worker sees it. The run itself lives at the other end of its lane. */
export class HostedWorkflow implements Workflow {
  readonly #options: HostedWorkflowOptions;
  readonly #runId: string;
  readonly #number: number;
  #create: WorkflowCreateOptions | undefined;
  #sinkCalls: SinkCall[] = [];
  #sinkError: Error | undefined;
  #disposed = false;

  constructor(options: HostedWorkflowOptions) {
    this.#options = options;
    this.#runId = options.create.info.runId;
    this.#create = withoutFunctions(options.create);
    this.#number = options.lane.enter(this.#runId);
  }

  /** Creates the run with its first activation; both travel in one message. */
  async activate(activation: Activation): Promise<Completion> {
    const { lane, onStackTraceQuery } = this.#options;
    if (onStackTraceQuery !== undefined && asksForStackTrace(activation)) {
      onStackTraceQuery();
      return replayRequest(this.#runId, 'This run has to be replayed for its stack trace; ask again');
    }
    const create = this.#create;
    this.#create = undefined;
    try {
      return this.#keep(await lane.activate(this.#number, this.#runId, activation, create));
    } catch (error) {
      if (!(error instanceof ActivationError)) throw error;
      this.#keepCalls(error.sinkCalls);
      throw error.cause;
    }
  }

  /** Sink calls came along with the completion, so this asks nobody. */
  async getAndResetSinkCalls(): Promise<SinkCall[]> {
    const calls = this.#sinkCalls;
    const error = this.#sinkError;
    this.#sinkCalls = [];
    this.#sinkError = undefined;
    if (error !== undefined) throw error;
    return calls;
  }

  /** Ends the run's life on its lane, without waiting. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#options.lane.leave(this.#number);
  }

  #keep({ completion, sinkCalls, sinkError }: Outcome): Completion {
    this.#sinkError = sinkError;
    this.#keepCalls(sinkCalls);
    return completion;
  }

  #keepCalls(calls: SinkCall[]): void {
    for (const { workflowInfo } of calls)
      Object.assign(workflowInfo.unsafe, {
        now: this.#options.now,
        random: createUnsafeRandomSource(Math.random),
      });
    this.#sinkCalls.push(...calls);
  }
}

/** Functions cannot travel; the runtime makes its own. */
function withoutFunctions(create: WorkflowCreateOptions): WorkflowCreateOptions {
  const { now: _now, random: _random, ...unsafe } = create.info.unsafe;
  return { ...create, info: { ...create.info, unsafe } } as WorkflowCreateOptions;
}

function asksForStackTrace({ jobs }: Activation): boolean {
  return (
    jobs?.some(
      ({ queryWorkflow }) =>
        queryWorkflow?.queryType === '__stack_trace' || queryWorkflow?.queryType === '__enhanced_stack_trace',
    ) ?? false
  );
}
