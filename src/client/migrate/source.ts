import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { translated } from '../context.ts';
import type { HistoryEvent, Source } from './types.ts';

type Description = temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse;

/** What is said of the run that an id stands for, or of another one. @throws RunNotFoundError, EngineUnavailableError */
export async function describe(client: Client, workflowId: string, runId = ''): Promise<Description> {
  const request = { namespace: client.options.namespace, execution: { workflowId, runId } };
  return await translated(workflowId, () => client.workflowService.describeWorkflowExecution(request));
}

/** The run with its history. @throws as `describe` */
export async function readSource(client: Client, workflowId: string, runId?: string): Promise<Source> {
  const description = await describe(client, workflowId, runId);
  const id = description.workflowExecutionInfo?.execution?.runId ?? '';
  const events: HistoryEvent[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = {
      namespace: client.options.namespace,
      execution: { workflowId, runId: id },
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    };
    const page = await translated(workflowId, () => client.workflowService.getWorkflowExecutionHistory(request));
    events.push(...(page.history?.events ?? []));
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return { workflowId, runId: id, description, events };
}

/** Id of the last workflow task of the run that has ended with an answer; 0 before the first. */
export function lastTask({ events }: Pick<Source, 'events'>): number {
  return Number(events.findLast((event) => event.workflowTaskCompletedEventAttributes)?.eventId ?? 0);
}

/** What has happened that the workflow has not seen. */
export interface Unseen {
  readonly signals: readonly HistoryEvent[];
  readonly isCancelRequested: boolean;
  /** Whether there is something else, which only the workflow itself can make something of. */
  readonly others: boolean;
}

/** What has happened since the last workflow task. */
export function unseenOf(source: Source): Unseen {
  const events = source.events.filter(({ eventId }) => Number(eventId) > lastTask(source));
  return {
    signals: events.filter((event) => event.workflowExecutionSignaledEventAttributes),
    isCancelRequested: events.some((event) => event.workflowExecutionCancelRequestedEventAttributes),
    others: events.some(isOther),
  };
}

/** Timers are not among them: whoever goes on elsewhere knows until when it waits. */
function isOther(event: HistoryEvent): boolean {
  return [
    event.activityTaskCompletedEventAttributes,
    event.activityTaskFailedEventAttributes,
    event.activityTaskTimedOutEventAttributes,
    event.activityTaskCanceledEventAttributes,
    event.childWorkflowExecutionCompletedEventAttributes,
    event.childWorkflowExecutionFailedEventAttributes,
    event.childWorkflowExecutionTimedOutEventAttributes,
    event.childWorkflowExecutionCanceledEventAttributes,
    event.childWorkflowExecutionTerminatedEventAttributes,
    event.startChildWorkflowExecutionFailedEventAttributes,
  ].some(Boolean);
}
