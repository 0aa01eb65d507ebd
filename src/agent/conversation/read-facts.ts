import type { temporal } from '@temporalio/proto';
import {
  AGENT_WORKFLOW,
  CHILD_ENDED,
  type AgentRunInput,
  type CallModelInput,
  type ChildEnd,
  type ChildReport,
  type Json,
  type ModelTurn,
  type Resolved,
  type ToolOutcome,
  type ToolOutput,
} from '../../workflow/protocol/index.ts';
import { childOutput, type ConversationActivity, type Fact, type ScheduledActivity } from './facts.ts';
import type { PayloadReader } from './payloads.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

/** Where events are read, and what earlier ones said. */
export interface FactContext {
  readonly workflowId: string;
  readonly payloads: PayloadReader;
  /** By the id of the event that scheduled it; activities of the events that are read are added. */
  readonly scheduled: Map<number, ScheduledActivity>;
}

/** What events say about the conversation; most say nothing. Payloads that don't matter are not decoded. */
export async function readFacts(events: readonly HistoryEvent[], context: FactContext): Promise<Fact[]> {
  const facts: Fact[] = [];
  for (const event of events) {
    const fact = await readFact(event, context);
    if (!fact) continue;
    facts.push(fact);
    if (fact.type === 'scheduled') context.scheduled.set(fact.eventId, fact.activity);
  }
  return facts;
}

async function readFact(event: HistoryEvent, context: FactContext): Promise<Fact | undefined> {
  return (
    (await started(event, context)) ??
    (await activityScheduled(event, context)) ??
    (await activityCompleted(event, context)) ??
    (await activityEnded(event, context)) ??
    (await childEnded(event, context)) ??
    (await childReported(event, context))
  );
}

async function started(event: HistoryEvent, { payloads, workflowId }: FactContext): Promise<Fact | undefined> {
  const attributes = event.workflowExecutionStartedEventAttributes;
  // What other workflows are started with is their authors' own business.
  if (attributes?.workflowType?.name !== AGENT_WORKFLOW) return undefined;
  const input = (await payloads.first(attributes.input, { workflowId })) as AgentRunInput | undefined;
  return input?.carried && { ...at(event, attributes.input), type: 'started', carried: input.carried };
}

const activityTypes: ReadonlySet<string> = new Set<ConversationActivity>([
  'agent.resolve',
  'agent.callModel',
  'agent.executeTool',
  'agent.checkChild',
]);

async function activityScheduled(event: HistoryEvent, context: FactContext): Promise<Fact | undefined> {
  const attributes = event.activityTaskScheduledEventAttributes;
  const name = attributes?.activityType?.name ?? '';
  if (!attributes || !activityTypes.has(name)) return undefined;
  const type = name as ConversationActivity;
  const activityId = attributes.activityId ?? '';
  const owner = { workflowId: context.workflowId, activityId };
  const fact = { ...at(event, undefined), type: 'scheduled' as const, activity: { type, activityId } };
  if (type === 'agent.checkChild') {
    const childWorkflowId = (await context.payloads.first(attributes.input, owner)) as string;
    return { ...fact, activity: { type, activityId, childWorkflowId } };
  }
  if (type !== 'agent.callModel') return fact;
  const call = (await context.payloads.first(attributes.input, owner)) as CallModelInput;
  return { ...fact, ...at(event, attributes.input), call };
}

async function activityCompleted(event: HistoryEvent, context: FactContext): Promise<Fact | undefined> {
  const attributes = event.activityTaskCompletedEventAttributes;
  const scheduledEventId = Number(attributes?.scheduledEventId ?? 0);
  const activity = context.scheduled.get(scheduledEventId);
  if (!attributes || !activity) return undefined;
  const { activityId } = activity;
  const result = await context.payloads.first(attributes.result, { workflowId: context.workflowId, activityId });
  const from = at(event, attributes.result);
  switch (activity.type) {
    case 'agent.resolve':
      return { ...from, type: 'resolved', resolved: result as Resolved };
    case 'agent.callModel':
      return { ...from, type: 'answered', scheduledEventId, turn: result as ModelTurn };
    case 'agent.executeTool': {
      const outcome = result as ToolOutcome;
      return outcome.type === 'completed' ? { ...from, type: 'tool', activityId, output: outcome.output } : undefined;
    }
    case 'agent.checkChild':
      break;
  }
  const end = result as ChildEnd | null;
  return end
    ? { ...from, type: 'child', workflowId: activity.childWorkflowId ?? '', output: endOutput(end) }
    : undefined;
}

/** Of tools only: a model call that failed has said nothing. */
async function activityEnded(event: HistoryEvent, context: FactContext): Promise<Fact | undefined> {
  const failed = event.activityTaskFailedEventAttributes;
  const timedOut = event.activityTaskTimedOutEventAttributes;
  const cancelled = event.activityTaskCanceledEventAttributes;
  const attributes = failed ?? timedOut ?? cancelled;
  const activity = context.scheduled.get(Number(attributes?.scheduledEventId ?? 0));
  if (activity?.type !== 'agent.executeTool') return undefined;
  const { activityId } = activity;
  const owner = { workflowId: context.workflowId, activityId };
  const reason = cancelled
    ? 'The call was cancelled.'
    : await context.payloads.messageOf((failed ?? timedOut)?.failure, owner);
  return { ...at(event, undefined), type: 'tool', activityId, output: errorOutput(reason || 'The tool failed.') };
}

async function childEnded(event: HistoryEvent, context: FactContext): Promise<Fact | undefined> {
  const completed = event.childWorkflowExecutionCompletedEventAttributes;
  const failed = event.childWorkflowExecutionFailedEventAttributes;
  const other =
    event.childWorkflowExecutionTimedOutEventAttributes ??
    event.childWorkflowExecutionCanceledEventAttributes ??
    event.childWorkflowExecutionTerminatedEventAttributes;
  const workflowId = (completed ?? failed ?? other)?.workflowExecution?.workflowId;
  if (!workflowId) return undefined;
  if (completed) {
    const result = ((await context.payloads.first(completed.result, { workflowId })) ?? null) as Json;
    return { ...at(event, completed.result), type: 'child', workflowId, output: childOutput(result) };
  }
  const reason = await context.payloads.messageOf(failed?.failure, { workflowId });
  return {
    ...at(event, undefined),
    type: 'child',
    workflowId,
    output: errorOutput(reason || 'The agent did not finish.'),
  };
}

/** After a run has continued as another one, sub-agents tell how they ended by a signal. */
async function childReported(event: HistoryEvent, { payloads, workflowId }: FactContext): Promise<Fact | undefined> {
  const attributes = event.workflowExecutionSignaledEventAttributes;
  if (attributes?.signalName !== CHILD_ENDED) return undefined;
  const report = (await payloads.first(attributes.input, { workflowId })) as Partial<ChildReport> | undefined;
  if (!report?.workflowId || !report.end) return undefined;
  return {
    ...at(event, attributes.input),
    type: 'child',
    workflowId: report.workflowId,
    output: endOutput(report.end),
  };
}

function endOutput(end: ChildEnd): ToolOutput {
  return end.type === 'completed' ? childOutput(end.result) : errorOutput(end.message);
}

function errorOutput(value: string): ToolOutput {
  return { type: 'error', value };
}

function at(event: HistoryEvent, read: Payloads): { eventId: number; bytes: number } {
  const bytes = read?.payloads?.reduce((sum, payload) => sum + (payload.data?.length ?? 0), 0) ?? 0;
  return { eventId: Number(event.eventId), bytes };
}
