import type { temporal } from '@temporalio/proto';
import { readInput } from '../agent/activities/resolve.ts';
import type { PayloadReader } from '../agent/conversation/payloads.ts';
import type { AgentRegistry } from '../agent/registry.ts';
import type { Json, Resolved, ResolveInput } from '../workflow/protocol/index.ts';
import { compareDefinitions } from './compare-definitions.ts';
import type { DefinitionDifference } from './types.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** How the agents that a run has asked for are different today. */
export async function definitionDifferences(
  workflowId: string,
  events: readonly HistoryEvent[],
  registry: AgentRegistry,
  payloads: PayloadReader,
): Promise<readonly DefinitionDifference[]> {
  const found: DefinitionDifference[] = [];
  for (const { scheduled, result } of resolutions(events)) {
    const attributes = scheduled.activityTaskScheduledEventAttributes;
    const owner = { workflowId, activityId: attributes?.activityId ?? '' };
    const input = (await payloads.first(attributes?.input, owner)) as ResolveInput;
    const resolved = (await payloads.first(result, owner)) as Resolved;
    found.push(...(await differencesOf(input, resolved, timeOf(scheduled), registry)));
  }
  return found;
}

async function differencesOf(
  { agent: name, input, metadata = {} }: ResolveInput,
  { definition }: Resolved,
  now: Date,
  registry: AgentRegistry,
): Promise<readonly DefinitionDifference[]> {
  const agent = registry.agent(name);
  if (agent === undefined) return [{ agent: name, field: 'agent', change: 'removed' }];
  try {
    const { value } = await readInput(agent, input);
    const { activityDefaults } = definition;
    return compareDefinitions(
      definition,
      await registry.record(agent, { input: value, metadata, now }, activityDefaults),
    );
  } catch (error) {
    // Its input is refused today, or the function of its instructions fails on it.
    const after: Json = error instanceof Error ? error.message : String(error);
    return [{ agent: name, field: 'input', change: 'changed', after }];
  }
}

function resolutions(events: readonly HistoryEvent[]): readonly {
  readonly scheduled: HistoryEvent;
  readonly result: temporal.api.common.v1.IPayloads | null | undefined;
}[] {
  const scheduled = new Map(events.map((event) => [String(event.eventId), event]));
  return events.flatMap(({ activityTaskCompletedEventAttributes: completed }) => {
    const event = completed && scheduled.get(String(completed.scheduledEventId));
    if (event?.activityTaskScheduledEventAttributes?.activityType?.name !== 'agent.resolve') return [];
    return [{ scheduled: event, result: completed?.result }];
  });
}

function timeOf({ eventTime }: HistoryEvent): Date {
  return new Date(Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6);
}
