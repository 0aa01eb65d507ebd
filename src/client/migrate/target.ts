import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { google } from '@temporalio/proto';
import Long from 'long';
import { AGENT_WORKFLOW, MOVED_MEMO, type AgentRunInput, type MovedFrom } from '../../workflow/protocol/index.ts';
import { decodePayload } from '../../agent/conversation/payloads.ts';
import { RunNotFoundError } from '../errors.ts';
import { describe } from './source.ts';
import { hasNotBegun } from './judge.ts';
import type { HistoryEvent, Source, StartRequest } from './types.ts';

const FAIL_IF_RUNNING = 1;
const ALLOW_DUPLICATE = 1;

/** Who says that a run was moved. */
export const IDENTITY = 'perdure migrate';

/** A run that goes on with one from elsewhere. */
export interface Moved {
  readonly newRunId: string;
  /** Id of the event of the signal that came with its start. */
  readonly signal: string | undefined;
}

/**
 * What a workflow id stands for on the other engine.
 * @returns the run that goes on with this one, `taken` when another run has the id there, and `free` otherwise.
 */
export async function lookThere(to: Client, workflowId: string, runId: string): Promise<Moved | 'free' | 'taken'> {
  try {
    const { workflowExecutionInfo: info } = await describe(to, workflowId);
    const memo = info?.memo?.fields?.[MOVED_MEMO];
    const from = memo && ((await decode(to, workflowId, memo)) as Partial<MovedFrom> | undefined);
    if (from?.runId === runId) return { newRunId: info?.execution?.runId ?? '', signal: from.signal };
    return info?.closeTime ? 'free' : 'taken';
  } catch (error) {
    if (RunNotFoundError.is(error)) return 'free';
    throw error;
  }
}

/** How a signal is called here: the id of its event. */
export function idOf(signal: HistoryEvent | undefined): string | undefined {
  return signal && String(signal.eventId);
}

/** How a run goes on elsewhere. */
export interface Continuation {
  readonly from: { readonly name: string };
  readonly to: Client;
  /** What its agent knows; without it, the run begins with its input. */
  readonly known: AgentRunInput | undefined;
  /** What comes with the start. */
  readonly signal: HistoryEvent | undefined;
}

/**
 * The start of a run that goes on with a run from elsewhere. The request id is always the same for it: whoever crashes and tries again starts nothing
 * twice.
 */
export async function startOf(source: Source, { from, to, known, signal }: Continuation): Promise<StartRequest> {
  const { workflowId, runId, description, events } = source;
  const { executionConfig: config, workflowExecutionInfo: info, workflowExtendedInfo: extended } = description;
  const started = events[0]?.workflowExecutionStartedEventAttributes ?? {};
  const firstRunId = info?.firstRunId || started.firstExecutionRunId || runId;
  const moved: MovedFrom = {
    engine: from.name,
    runId,
    firstRunId: (await firstOf(to, source)) ?? firstRunId,
    ...(signal ? { signal: String(signal.eventId) } : {}),
  };
  const delay = hasNotBegun(source) ? timeLeft(delayOf(events[0])) : undefined;
  return {
    namespace: to.options.namespace,
    workflowId,
    workflowType: { name: info?.type?.name ?? '' },
    taskQueue: { name: config?.taskQueue?.name ?? '' },
    input: known === undefined ? (started.input ?? null) : { payloads: [await encode(to, workflowId, known)] },
    header: started.header ?? null,
    memo: { fields: { ...info?.memo?.fields, [MOVED_MEMO]: await encode(to, workflowId, moved) } },
    searchAttributes: { indexedFields: ownAttributes(info?.searchAttributes?.indexedFields) },
    // Until when it may last stays the same.
    workflowExecutionTimeout: timeLeft(extended?.executionExpirationTime) ?? null,
    workflowRunTimeout: timeLeft(extended?.runExpirationTime) ?? null,
    workflowTaskTimeout: config?.defaultWorkflowTaskTimeout ?? null,
    retryPolicy: started.retryPolicy ?? null,
    ...(delay === undefined ? {} : { workflowStartDelay: delay }),
    priority: info?.priority ?? started.priority ?? null,
    userMetadata: config?.userMetadata ?? null,
    identity: IDENTITY,
    requestId: `perdure-migrate-${runId}`,
    workflowIdConflictPolicy: FAIL_IF_RUNNING,
    workflowIdReusePolicy: ALLOW_DUPLICATE,
  };
}

/** Starts it, with the first signal when there is one, so that its workflow sees it from the beginning. @returns the run id. */
export async function start(to: Client, request: StartRequest, signal: HistoryEvent | undefined): Promise<string> {
  if (signal === undefined) return (await to.workflowService.startWorkflowExecution(request)).runId;
  const { workflowIdConflictPolicy: _, ...rest } = request;
  const { signalName, input, header } = signal.workflowExecutionSignaledEventAttributes ?? {};
  const answer = await to.workflowService.signalWithStartWorkflowExecution({
    ...rest,
    signalName: signalName ?? '',
    signalInput: input ?? null,
    header: header ?? rest.header ?? null,
  });
  return answer.runId;
}

/** Gives a signal on. Doing so again does no harm. */
export async function signalAgain(to: Client, source: Source, event: HistoryEvent): Promise<void> {
  const { workflowId, runId } = source;
  const { signalName, input, header } = event.workflowExecutionSignaledEventAttributes ?? {};
  await to.workflowService.signalWorkflowExecution({
    namespace: to.options.namespace,
    workflowExecution: { workflowId },
    signalName: signalName ?? '',
    input: input ?? null,
    header: header ?? null,
    identity: IDENTITY,
    requestId: `perdure-migrate-${runId}-${String(event.eventId)}`,
  });
}

/** A run may be moved twice; handles and tokens name the first run of all. */
async function firstOf(client: Client, { workflowId, description }: Source): Promise<string | undefined> {
  const memo = description.workflowExecutionInfo?.memo?.fields?.[MOVED_MEMO];
  return memo && ((await decode(client, workflowId, memo)) as Partial<MovedFrom> | undefined)?.firstRunId;
}

async function encode(client: Client, workflowId: string, value: unknown): Promise<Payload> {
  const { loadedDataConverter, namespace } = client.options;
  const context = { type: 'workflow', namespace, workflowId } as const;
  let payloads = [loadedDataConverter.payloadConverter.toPayload(value, context)];
  for (const codec of loadedDataConverter.payloadCodecs) payloads = await codec.encode(payloads, context);
  return payloads[0] as Payload;
}

async function decode(client: Client, workflowId: string, payload: Payload): Promise<unknown> {
  const { loadedDataConverter, namespace } = client.options;
  const context = { type: 'workflow', namespace, workflowId } as const;
  return await decodePayload(loadedDataConverter, payload, context);
}

/** Those of a server about its own business are its own. */
function ownAttributes(fields: Readonly<Record<string, Payload>> | null | undefined): Record<string, Payload> {
  return Object.fromEntries(
    Object.entries(fields ?? {}).filter(([name]) => !/^(Temporal|BuildIds$|BinaryChecksums$)/.test(name)),
  );
}

function delayOf(event: HistoryEvent | undefined): google.protobuf.ITimestamp | undefined {
  const delay = event?.workflowExecutionStartedEventAttributes?.firstWorkflowTaskBackoff;
  if (!event?.eventTime || !delay || msOf(delay) <= 0) return undefined;
  return timestamp(msOf(event.eventTime) + msOf(delay));
}

/** From now on, a second at least: a time that has passed is told by the engine. */
function timeLeft(until: google.protobuf.ITimestamp | null | undefined): google.protobuf.IDuration | undefined {
  if (!until || msOf(until) <= 0) return undefined;
  return timestamp(Math.max(1000, msOf(until) - Date.now()));
}

function msOf({ seconds, nanos }: google.protobuf.ITimestamp): number {
  return Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1_000_000;
}

function timestamp(ms: number): google.protobuf.ITimestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds: Long.fromNumber(seconds), nanos: Math.round((ms - seconds * 1000) * 1_000_000) };
}

/** Whether a run is one of an agent. */
export function isAgentRun({ description }: Source): boolean {
  return description.workflowExecutionInfo?.type?.name === AGENT_WORKFLOW;
}
