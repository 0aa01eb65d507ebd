import type { Payloads } from '../../src/core/proto.ts';
import type { ResponseOf, WorkflowServiceApi } from '../../src/runtime/service.ts';
import type { AgentActivities, ExecuteToolInput } from '../../src/workflow/protocol/index.ts';
import { overlay } from './overlay.ts';
import type { ReadPayloads } from './payloads.ts';

/** Something that a worker has done, and tells the engine. */
export interface Step {
  /** What may be said of it: `model`, `tool refund`, `agent billing`, `activity charge`, `task`. */
  readonly labels: readonly string[];
  readonly workflowId: string;
}

/** Hears of steps. */
export interface StepListener {
  /** The work is done, and nobody knows of it yet. @throws what the worker is told instead. */
  before(step: Step): void;
  /** It is committed. */
  after(step: Step): void;
}

interface ActivityTask {
  readonly type: string;
  readonly workflowId: string;
  readonly input: Payloads | null | undefined;
}

type PolledActivity = Pick<
  ResponseOf<'pollActivityTaskQueue'>,
  'taskToken' | 'activityType' | 'workflowExecution' | 'input'
>;
type PolledTask = Pick<ResponseOf<'pollWorkflowTaskQueue'>, 'taskToken' | 'workflowExecution'>;

const MODEL: keyof AgentActivities = 'agent.callModel';
const TOOL: keyof AgentActivities = 'agent.executeTool';

/** A service that tells of the steps of the worker behind it. */
export function watchSteps(
  service: WorkflowServiceApi,
  read: ReadPayloads,
  listener: StepListener,
): WorkflowServiceApi {
  const activities = new Map<string, ActivityTask>();
  const tasks = new Map<string, string>();
  const noteActivity = ({ taskToken, activityType, workflowExecution, input }: PolledActivity): void => {
    if (!taskToken?.length) return;
    const workflowId = workflowExecution?.workflowId ?? '';
    activities.set(keyOf(taskToken), { type: activityType?.name ?? '', workflowId, input });
  };
  const noteTask = ({ taskToken, workflowExecution }: PolledTask): void => {
    if (taskToken?.length) tasks.set(keyOf(taskToken), workflowExecution?.workflowId ?? '');
  };
  const perform = async <T>(step: Step, report: () => Promise<T>): Promise<T> => {
    listener.before(step);
    const response = await report();
    listener.after(step);
    return response;
  };
  return overlay(service, {
    async pollActivityTaskQueue(request, options) {
      const task = await service.pollActivityTaskQueue(request, options);
      noteActivity(task);
      return task;
    },
    async pollWorkflowTaskQueue(request, options) {
      const task = await service.pollWorkflowTaskQueue(request, options);
      noteTask(task);
      return task;
    },
    async respondActivityTaskCompleted(request, options) {
      const task = activities.get(keyOf(request.taskToken));
      const report = async (): Promise<object> => await service.respondActivityTaskCompleted(request, options);
      return task === undefined
        ? await report()
        : await perform({ labels: await activityLabels(task, read), workflowId: task.workflowId }, report);
    },
    async respondWorkflowTaskCompleted(request, options) {
      const workflowId = tasks.get(keyOf(request.taskToken)) ?? '';
      const completes =
        request.commands?.some((command) => command.completeWorkflowExecutionCommandAttributes) ?? false;
      const labels = ['task', ...(completes ? agentLabels(workflowId) : [])];
      const response = await perform({ labels, workflowId }, () =>
        service.respondWorkflowTaskCompleted(request, options),
      );
      for (const task of response.activityTasks ?? []) noteActivity(task);
      if (response.workflowTask) noteTask(response.workflowTask);
      return response;
    },
  });
}

async function activityLabels({ type, input }: ActivityTask, read: ReadPayloads): Promise<string[]> {
  const labels = [`activity ${type}`];
  if (type === MODEL) labels.push('model');
  if (type === TOOL) {
    const [call] = (await read(input)) as [ExecuteToolInput];
    labels.push(`tool ${call.tool}`);
  }
  return labels;
}

/** A sub-agent's workflow id is that of its caller, the call, and its name. */
function agentLabels(workflowId: string): string[] {
  const name = /\/[^/]*\.([^/.]+)$/.exec(workflowId)?.[1];
  return name === undefined ? [] : [`agent ${name}`];
}

function keyOf(token: Uint8Array | null | undefined): string {
  return Buffer.from(token ?? []).toString('base64');
}
