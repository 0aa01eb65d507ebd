import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { temporal } from '@temporalio/proto';
import type { Clock } from '../../../src/core/clock.ts';
import { eventTypeName } from '../../../src/core/history/event-type.ts';
import { CommandType, toDuration } from '../../../src/core/proto.ts';
import type { Command, HistoryEvent } from '../../../src/core/proto.ts';
import type { Commit } from '../../../src/core/store.ts';
import { StoreError } from '../../../src/core/store.ts';
import { MemoryStore } from '../../../src/engines/local/memory-store.ts';
import { createFrontend } from '../../../src/runtime/frontend/frontend.ts';
import type { Frontend } from '../../../src/runtime/frontend/frontend.ts';
import type { WorkflowServiceApi } from '../../../src/runtime/service.ts';
import { VirtualClock } from '../../../src/runtime/virtual-clock.ts';

export const namespace = 'default';
export const taskQueue = { name: 'work' };

type WorkflowTask = Awaited<ReturnType<WorkflowServiceApi['pollWorkflowTaskQueue']>>;
type Answer = temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedRequest;

/** A store whose commits may go wrong before anything is written. */
class UnreliableStore extends MemoryStore {
  /** What happens to a commit. Default: it is tried. */
  trouble: (commit: Commit) => 'conflict' | 'full' | undefined = () => undefined;

  override async commit(commit: Commit): Promise<'committed' | 'conflict'> {
    const trouble = this.trouble(commit);
    if (trouble === 'full') throw new StoreError('full', 'No room.');
    return trouble ?? super.commit(commit);
  }
}

/** The durable core with nobody on the other side but the test. */
export class Bench<Time extends Clock = VirtualClock> {
  readonly store = new UnreliableStore();
  readonly clock: Time;
  readonly errors: unknown[] = [];
  frontend!: Frontend;

  private constructor(clock: Time) {
    this.clock = clock;
  }

  static open(): Promise<Bench> {
    return Bench.openAt(new VirtualClock({ startTime: Date.UTC(2030, 0, 1) }));
  }

  static async openAt<Time extends Clock>(clock: Time): Promise<Bench<Time>> {
    const bench = new Bench(clock);
    await bench.restart();
    return bench;
  }

  get service(): WorkflowServiceApi {
    return this.frontend.service;
  }

  /** The process dies, and the next one takes over the store. */
  async restart(): Promise<void> {
    await (this.frontend as Frontend | undefined)?.close();
    this.frontend = await createFrontend({
      store: this.store,
      clock: this.clock,
      onError: (error) => this.errors.push(error),
    });
  }

  close(): Promise<void> {
    return this.frontend.close();
  }

  async start(workflowId: string, more: object = {}): Promise<string> {
    const { runId } = await this.service.startWorkflowExecution({
      namespace,
      workflowId,
      requestId: randomUUID(),
      workflowType: { name: 'any' },
      taskQueue,
      ...more,
    });
    return runId ?? '';
  }

  async signal(workflowId: string, signalName: string, requestId: string = randomUUID()): Promise<void> {
    await this.service.signalWorkflowExecution({
      namespace,
      workflowExecution: { workflowId },
      signalName,
      requestId,
    });
  }

  async terminate(workflowId: string): Promise<void> {
    await this.service.terminateWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  }

  update(
    workflowId: string,
    updateId: string,
    stage = 3,
    signal?: AbortSignal,
  ): ReturnType<WorkflowServiceApi['updateWorkflowExecution']> {
    return this.service.updateWorkflowExecution(
      updateRequest({ workflowId }, updateId, stage),
      signal === undefined ? {} : { signal },
    );
  }

  /** An update of this run and no other. */
  updateRun(
    workflowId: string,
    runId: string,
    updateId: string,
  ): ReturnType<WorkflowServiceApi['updateWorkflowExecution']> {
    return this.service.updateWorkflowExecution(updateRequest({ workflowId, runId }, updateId));
  }

  /** An update of the run that is there, or of a new one. */
  updateWithStart(workflowId: string, updateId: string): ReturnType<WorkflowServiceApi['executeMultiOperation']> {
    const workflow = { workflowType: { name: 'any' }, taskQueue, workflowIdConflictPolicy: 2 };
    const startWorkflow = { namespace, workflowId, requestId: randomUUID(), ...workflow };
    const updateWorkflow = updateRequest({ workflowId }, updateId);
    return this.service.executeMultiOperation({ namespace, operations: [{ startWorkflow }, { updateWorkflow }] });
  }

  query(workflowId: string): ReturnType<WorkflowServiceApi['queryWorkflow']> {
    return this.service.queryWorkflow({ namespace, execution: { workflowId }, query: { queryType: 'any' } });
  }

  /** The next workflow task; one without token when there is none. */
  poll(queue: object = taskQueue, ms = 2000): Promise<WorkflowTask> {
    return this.service.pollWorkflowTaskQueue({ namespace, taskQueue: queue }, { signal: AbortSignal.timeout(ms) });
  }

  pollActivity(ms = 2000): ReturnType<WorkflowServiceApi['pollActivityTaskQueue']> {
    return this.service.pollActivityTaskQueue({ namespace, taskQueue }, { signal: AbortSignal.timeout(ms) });
  }

  complete(
    task: WorkflowTask,
    commands: readonly Command[] = [],
    more: Partial<Answer> = {},
  ): ReturnType<WorkflowServiceApi['respondWorkflowTaskCompleted']> {
    return this.service.respondWorkflowTaskCompleted({
      namespace,
      taskToken: task.taskToken ?? null,
      commands: [...commands],
      ...more,
    });
  }

  async history(workflowId: string, runId = ''): Promise<readonly HistoryEvent[]> {
    const { history } = await this.service.getWorkflowExecutionHistory({ namespace, execution: { workflowId, runId } });
    return history?.events ?? [];
  }

  async types(workflowId: string, runId = ''): Promise<string[]> {
    return (await this.history(workflowId, runId)).map((event) => eventTypeName(event));
  }

  describe(workflowId: string): ReturnType<WorkflowServiceApi['describeWorkflowExecution']> {
    return this.service.describeWorkflowExecution({ namespace, execution: { workflowId } });
  }

  /** Lets everything that is under way come to rest. */
  async settle(turns = 20): Promise<void> {
    for (let count = 0; count < turns; count++) await turn();
  }
}

function updateRequest(
  workflowExecution: { readonly workflowId: string; readonly runId?: string },
  updateId: string,
  lifecycleStage = 3,
): temporal.api.workflowservice.v1.IUpdateWorkflowExecutionRequest {
  const request = { meta: { updateId, identity: 'test' }, input: { name: 'any' } };
  return { namespace, workflowExecution, waitPolicy: { lifecycleStage }, request };
}

/** Commands of a workflow. */
export const commands = {
  complete: (): Command => ({ commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION }),
  continueAsNew: (): Command => ({
    commandType: CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
    continueAsNewWorkflowExecutionCommandAttributes: { workflowType: { name: 'any' }, taskQueue },
  }),
  fail: (): Command => ({
    commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
    failWorkflowExecutionCommandAttributes: { failure: { message: 'no' } },
  }),
  timer: (timerId: string, ms: number): Command => ({
    commandType: CommandType.COMMAND_TYPE_START_TIMER,
    startTimerCommandAttributes: { timerId, startToFireTimeout: toDuration(ms) },
  }),
  cancelTimer: (timerId: string): Command => ({
    commandType: CommandType.COMMAND_TYPE_CANCEL_TIMER,
    cancelTimerCommandAttributes: { timerId },
  }),
  activity: (activityId: string, more: object = {}): Command => ({
    commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
    scheduleActivityTaskCommandAttributes: {
      activityId,
      activityType: { name: 'any' },
      taskQueue,
      startToCloseTimeout: toDuration(60_000),
      ...more,
    },
  }),
  child: (workflowId: string, parentClosePolicy = 1): Command => ({
    commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
    startChildWorkflowExecutionCommandAttributes: {
      workflowId,
      workflowType: { name: 'child' },
      taskQueue,
      parentClosePolicy,
    },
  }),
  signal: (workflowId: string, signalName: string): Command => ({
    commandType: CommandType.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
    signalExternalWorkflowExecutionCommandAttributes: { execution: { workflowId }, signalName },
  }),
  protocol: (messageId: string): Command => ({
    commandType: CommandType.COMMAND_TYPE_PROTOCOL_MESSAGE,
    protocolMessageCommandAttributes: { messageId },
  }),
} as const;

/** A sticky queue of a worker in an answer. */
export function sticky(name: string, ms = 5000): Partial<Answer> {
  return { stickyAttributes: { workerTaskQueue: { name, kind: 2 }, scheduleToStartTimeout: toDuration(ms) } };
}
