import type { Client } from '@temporalio/client';
import { AGENT_WORKFLOW, CARRIED, type AgentRunInput, type CarriedNow } from '../../workflow/protocol/index.ts';
import { lastTask, unseenOf } from './source.ts';
import type { Obstacle, Source } from './types.ts';

/** How long a worker may take to say what the run's agent knows, in milliseconds. */
const QUERY_TIMEOUT_MS = 20_000;

/** Workflow tasks that a worker has taken. */
const STARTED = 2;

const LET_IT_END = 'Let it end where it is: route new runs to the other engine, and keep workers here until then.';

/** What an agent knows at the moment; an obstacle when nobody can say, or when it is in the middle of something. */
export async function askAgent(client: Client, workflowId: string): Promise<AgentRunInput | Obstacle> {
  let answer: CarriedNow;
  try {
    answer = await client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () =>
      client.workflow.getHandle(workflowId).query<CarriedNow>(CARRIED),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      problem: `No worker has said what its agent knows (${reason}).`,
      fix: 'Run a worker of its task queue and of this version of perdure on the engine that it is on.',
    };
  }
  if (answer.type === 'parked') return answer.input;
  return {
    problem: `Its agent cannot be left as it is: ${answer.reason}.`,
    fix: 'Try again when it waits for an answer or for the result of an async tool (`run.pending()`).',
  };
}

/** Whether it is an obstacle that was found instead. */
export function isObstacle(value: AgentRunInput | Obstacle | undefined): value is Obstacle {
  return value !== undefined && 'problem' in value;
}

/** Whether the run's own code has not begun: it can be started anew without losing anything. */
export function hasNotBegun(source: Source): boolean {
  return lastTask(source) === 0;
}

/** Whether a worker is at work on the run at the moment. */
export function isAtWork({ description }: Source): boolean {
  return description.pendingWorkflowTask?.state === STARTED;
}

/** Whether a run that has begun is about to look at something, as soon as a worker has time. */
export function hasTask(source: Source): boolean {
  return Boolean(source.description.pendingWorkflowTask) && !hasNotBegun(source);
}

/** What stands in the way of moving a run, whatever its agent says. */
export function obstaclesOf(source: Source): Obstacle[] {
  const { description, events } = source;
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const obstacles: Obstacle[] = [];
  const add = (isThere: boolean, problem: string, fix: string): void => {
    if (isThere) obstacles.push({ problem, fix });
  };
  const parent = started?.parentWorkflowExecution?.workflowId;
  add(Boolean(parent), `It is a child of '${parent ?? ''}', which would never hear of it again.`, LET_IT_END);
  add(Boolean(started?.cronSchedule), 'It is run again by a cron schedule.', 'Make a schedule on the other engine.');
  if (hasNotBegun(source)) return obstacles;
  const type = started?.workflowType?.name ?? '';
  if (type !== AGENT_WORKFLOW) {
    add(
      true,
      `It is a workflow of your own ('${type}') in the middle of its code, which only its history can be replayed to.`,
      `${LET_IT_END} What continues as new can be moved before its next workflow task.`,
    );
    return obstacles;
  }
  const activities = (description.pendingActivities ?? []).map(({ activityType }) => activityType?.name ?? '');
  add(
    activities.length > 0,
    `It is waiting for activities: ${activities.join(', ')}.`,
    'Try again when they have ended.',
  );
  const children = (description.pendingChildren ?? []).map(({ workflowId }) => workflowId ?? '');
  add(children.length > 0, `Its sub-agents are at work: ${children.join(', ')}.`, 'Try again when they have ended.');
  add(unseenOf(source).others, 'Something has happened that it has not seen yet.', 'Try again in a moment.');
  return obstacles;
}

/** What stands in the way of going on with what an agent knows. */
export function obstaclesIn({ carried, lineage }: AgentRunInput): Obstacle[] {
  const obstacles: Obstacle[] = [];
  if (lineage !== undefined)
    obstacles.push({
      problem: `It is a sub-agent of '${lineage.parentWorkflowId}', which would never hear of it again.`,
      fix: LET_IT_END,
    });
  if (carried?.state.open.some(({ phase }) => phase === 'child'))
    obstacles.push({ problem: 'A sub-agent of it is at work.', fix: 'Try again when it has ended.' });
  const isHere =
    carried?.conversation.type === 'run' || carried?.state.delta.some((item) => item.type !== 'message') === true;
  if (isHere)
    obstacles.push({
      problem:
        'Its conversation is so large (over 1 MB) that it stands in histories here, which the other engine does not have.',
      fix: LET_IT_END,
    });
  return obstacles;
}
