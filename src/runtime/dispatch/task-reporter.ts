import proto from '@temporalio/proto';
import type { coresdk, temporal } from '@temporalio/proto';
import type { CompletionOutcome, Report } from '../../core/activations/workflow-task.ts';
import { type Command, TaskQueueKind, toDuration, toNumber, WorkflowTaskFailedCause } from '../../core/proto.ts';
import { grpcStatus, hasCode, isMessageTooLarge, isServiceError } from '../errors.ts';
import type { WorkflowServiceApi } from '../service.ts';
import type { DispatchOptions } from './options.ts';
import { withRetry } from './rpc.ts';
import { deploymentOptionsOf, versionStampOf } from './versioning.ts';
import type { PolledActivityTask } from './activity-tasks.ts';
import type { PolledWorkflowTask } from './workflow-poller.ts';

const { EvictionReason } = proto.coresdk.workflow_activation.RemoveFromCache;
const { QueryResultType } = proto.temporal.api.enums.v1;

type EvictionReasonValue = coresdk.workflow_activation.RemoveFromCache.EvictionReason;
type Outcome<Kind extends CompletionOutcome['kind']> = Extract<CompletionOutcome, { kind: Kind }>;
type QueryResult = coresdk.workflow_commands.IQueryResult;

/** Room for activities that the server may hand over with its answer. */
export interface EagerActivities {
  /** Reserves a slot; false when there is none. */
  reserve(): boolean;
  /** Takes what the server handed over, and gives back the slots that were reserved in vain. */
  take(reserved: number, tasks: readonly PolledActivityTask[]): void;
}

/** What came of telling the server. */
export interface Reported {
  readonly report: Report;
  /** The run's next workflow task, when the server handed it over at once. */
  readonly nextTask?: PolledWorkflowTask | undefined;
  /** Why the run has to leave the cache, if it has to. */
  readonly evict?: EvictionReasonValue;
}

/** Tells the server the outcome of workflow tasks. Never rejects: what the server refuses, evicts the run. */
export class TaskReporter {
  readonly #service: WorkflowServiceApi;
  readonly #options: DispatchOptions;
  readonly #stickyName: string | undefined;
  readonly #eager: EagerActivities | undefined;

  constructor(
    service: WorkflowServiceApi,
    options: DispatchOptions,
    stickyName: string | undefined,
    eager: EagerActivities | undefined,
  ) {
    this.#service = service;
    this.#options = options;
    this.#stickyName = stickyName;
    this.#eager = eager;
  }

  /** @param localAttempts attempts of local activities that an earlier workflow task began; servers count them */
  async report(outcome: CompletionOutcome, localAttempts = 0): Promise<Reported> {
    switch (outcome.kind) {
      case 'complete-task':
        return await this.#completeTask(outcome, localAttempts);
      case 'fail-task':
        return await this.#failTask(outcome);
      case 'answer-query':
        return await this.#answerQuery(outcome.taskToken, answerOf(outcome.result));
      case 'fail-query':
        return await this.#answerQuery(outcome.taskToken, {
          completedType: QueryResultType.QUERY_RESULT_TYPE_FAILED,
          errorMessage: outcome.failure.failure?.message ?? '',
          failure: outcome.failure.failure ?? null,
          cause: outcome.failure.forceCause ?? 0,
        });
      case 'drop-task':
        return { report: { kind: 'dropped' } };
      default:
        return { report: { kind: 'not-reported' } };
    }
  }

  /** Fails a task that never reached a run. */
  async failUnstarted(taskToken: Uint8Array, message: string): Promise<void> {
    await this.#failTask({
      kind: 'fail-task',
      taskToken,
      cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
      failure: { message, applicationFailureInfo: { nonRetryable: true } },
    });
  }

  async #completeTask(outcome: Outcome<'complete-task'>, localAttempts: number): Promise<Reported> {
    const { clock, log } = this.#options;
    const { commands, reserved } = this.#reserveEager(outcome.commands);
    const request = this.#completionRequest({ ...outcome, commands }, localAttempts);
    try {
      const response = await withRetry(clock, () => this.#service.respondWorkflowTaskCompleted(request));
      this.#eager?.take(reserved, response.activityTasks ?? []);
      const resetTo = toNumber(response.resetHistoryEventId);
      const nextTask = response.workflowTask?.taskToken?.length ? response.workflowTask : undefined;
      return { report: { kind: 'reported', resetStartedTo: resetTo > 0 ? resetTo : undefined }, nextTask };
    } catch (error) {
      this.#eager?.take(reserved, []);
      if (isMessageTooLarge(error) && outcome.attempt < 2) await this.#failTask(tooLarge(outcome.taskToken));
      const evict = evictionFor(error);
      if (evict !== EvictionReason.UNHANDLED_COMMAND)
        log.warn('The completion of a workflow task was refused', { error });
      return { report: { kind: 'reported', resetStartedTo: undefined }, evict };
    }
  }

  #completionRequest(
    outcome: Outcome<'complete-task'>,
    localAttempts: number,
  ): temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedRequest {
    const { namespace, identity, taskQueue, version, stickyScheduleToStartTimeout } = this.#options;
    const sticky = this.#stickyName;
    const queryResults = Object.fromEntries(
      outcome.queryResults.map((result) => {
        const { completedType, queryResult, errorMessage } = answerOf(result);
        return [result.queryId ?? '', { resultType: completedType, answer: queryResult ?? null, errorMessage }];
      }),
    );
    return {
      namespace,
      identity,
      taskToken: outcome.taskToken,
      commands: outcome.commands,
      messages: outcome.messages,
      queryResults,
      stickyAttributes: sticky
        ? {
            workerTaskQueue: { name: sticky, kind: TaskQueueKind.TASK_QUEUE_KIND_STICKY, normalName: taskQueue },
            scheduleToStartTimeout: toDuration(stickyScheduleToStartTimeout),
          }
        : null,
      // A task in the answer has only the new part of history: useless without a cache, unless the run stays for its local activities. Another
      // worker would begin those anew, and so might the two of them for ever.
      returnNewWorkflowTask: sticky !== undefined || outcome.forceNewTask,
      forceCreateNewWorkflowTask: outcome.forceNewTask,
      workerVersionStamp: versionStampOf(version),
      deploymentOptions: deploymentOptionsOf(version),
      versioningBehavior: outcome.versioningBehavior || version.defaultBehavior,
      sdkMetadata: outcome.metadata,
      meteringMetadata: { nonfirstLocalActivityExecutionAttempts: localAttempts },
      capabilities: { discardSpeculativeWorkflowTaskWithEvents: true },
    };
  }

  async #failTask({ taskToken, cause, failure }: Outcome<'fail-task'>): Promise<Reported> {
    const { namespace, identity, version, clock, log } = this.#options;
    const request = {
      namespace,
      identity,
      taskToken,
      cause,
      failure: failure ?? null,
      workerVersion: versionStampOf(version),
      deploymentOptions: deploymentOptionsOf(version),
    };
    log.warn('Failing workflow task', { failure: failure?.message });
    try {
      await withRetry(clock, () => this.#service.respondWorkflowTaskFailed(request));
    } catch (error) {
      log.warn('The failure of a workflow task could not be reported', { error });
      return { report: { kind: 'reported', resetStartedTo: undefined }, evict: evictionFor(error) };
    }
    return { report: { kind: 'reported', resetStartedTo: undefined } };
  }

  async #answerQuery(taskToken: Uint8Array, answer: QueryAnswer): Promise<Reported> {
    const { namespace, clock, log } = this.#options;
    const request = { namespace, taskToken, ...answer };
    try {
      await withRetry(clock, () => this.#service.respondQueryTaskCompleted(request));
    } catch (error) {
      log.warn('The answer to a query could not be delivered', { error });
      if (isMessageTooLarge(error) && answer.queryResult) {
        return await this.#answerQuery(taskToken, {
          completedType: QueryResultType.QUERY_RESULT_TYPE_FAILED,
          errorMessage: 'GRPC Message too large',
        });
      }
    }
    return { report: { kind: 'reported', resetStartedTo: undefined } };
  }

  /** Asks for eager execution only of activities that this worker has room for. */
  #reserveEager(commands: readonly Command[]): { commands: Command[]; reserved: number } {
    let reserved = 0;
    const adjusted = commands.map((command) => {
      const schedule = command.scheduleActivityTaskCommandAttributes;
      if (!schedule?.requestEagerExecution) return command;
      const mayAsk =
        schedule.taskQueue?.name === this.#options.taskQueue && reserved < this.#options.maxEagerActivitiesPerTask;
      if (mayAsk && this.#eager?.reserve()) {
        reserved++;
        return command;
      }
      return { ...command, scheduleActivityTaskCommandAttributes: { ...schedule, requestEagerExecution: false } };
    });
    return { commands: adjusted, reserved };
  }
}

interface QueryAnswer {
  completedType: temporal.api.enums.v1.QueryResultType;
  queryResult?: temporal.api.common.v1.IPayloads | null;
  errorMessage: string;
  failure?: temporal.api.failure.v1.IFailure | null;
  cause?: temporal.api.enums.v1.WorkflowTaskFailedCause;
}

function answerOf(result: QueryResult): QueryAnswer {
  if (result.succeeded) {
    const { response } = result.succeeded;
    return {
      completedType: QueryResultType.QUERY_RESULT_TYPE_ANSWERED,
      queryResult: response ? { payloads: [response] } : null,
      errorMessage: '',
    };
  }
  return {
    completedType: QueryResultType.QUERY_RESULT_TYPE_FAILED,
    errorMessage: result.failed ? (result.failed.message ?? '') : 'Query response was empty',
  };
}

function tooLarge(taskToken: Uint8Array): Outcome<'fail-task'> {
  return {
    kind: 'fail-task',
    taskToken,
    cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_GRPC_MESSAGE_TOO_LARGE,
    failure: {
      message: 'GRPC Message too large',
      applicationFailureInfo: { type: 'GrpcMessageTooLarge', nonRetryable: true },
    },
  };
}

function evictionFor(error: unknown): EvictionReasonValue {
  if (hasCode(error, grpcStatus.NOT_FOUND)) return EvictionReason.TASK_NOT_FOUND;
  const unhandled = isServiceError(error) && error.details === 'UnhandledCommand';
  return unhandled ? EvictionReason.UNHANDLED_COMMAND : EvictionReason.FATAL;
}
