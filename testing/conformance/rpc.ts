import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { WorkflowNotFoundError, WorkflowService } from '@temporalio/client';
import type { CallContext } from '@temporalio/client';
import { defaultPayloadConverter, mapToPayloads, toPayloads } from '@temporalio/common';
import Long from 'long';
import type { google, temporal } from '@temporalio/proto';
import { backendOf } from '../../src/runtime/connection.ts';
import { createRpcImpl } from '../../src/runtime/rpc.ts';
import type { ScenarioContext } from './scenario.ts';
import { errorOf } from './support.ts';

type StartRequest = temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;
type SignalRequest = temporal.api.workflowservice.v1.ISignalWorkflowExecutionRequest;
type Payloads = temporal.api.common.v1.IPayloads;

/** What an RPC was refused with. */
export interface Refusal {
  /** Name of the gRPC status, as `NOT_FOUND`. */
  readonly code: string;
  readonly details: string;
}

/** Arguments as payloads. */
export function payloads(...args: unknown[]): Payloads {
  return { payloads: toPayloads(defaultPayloadConverter, ...args) ?? [] };
}

/** A memo as payloads. */
export function memo(fields: Record<string, unknown>): temporal.api.common.v1.IMemo {
  return { fields: mapToPayloads(defaultPayloadConverter, fields) };
}

/** A duration of the API. Seconds. */
export function duration(seconds: number): google.protobuf.IDuration {
  const whole = Math.floor(seconds);
  return { seconds: Long.fromNumber(whole), nanos: Math.round((seconds - whole) * 1e9) };
}

/** Starts a run by hand, without any of the client's defaults; gives back its run id, and whether it is new. */
export async function startByHand(
  t: ScenarioContext,
  request: StartRequest,
): Promise<{ runId: string; started: boolean }> {
  const workflowId = request.workflowId ?? t.workflowId();
  const { runId, started } = await t.raw.startWorkflowExecution({
    namespace: t.namespace,
    workflowId,
    workflowType: { name: 'nothing' },
    taskQueue: { name: t.taskQueue },
    requestId: randomUUID(),
    ...request,
  });
  if (started) t.track(workflowId, runId);
  return { runId, started };
}

/** RPCs as the server takes them: connections of ours and official native ones ask for eager starts only when they have a worker for them. */
export function plainService(t: ScenarioContext): WorkflowService {
  const backend = backendOf(t.client.connection);
  if (backend === undefined) return t.raw;
  const settings = { contexts: new AsyncLocalStorage<CallContext>(), inFlight: new Set<never>(), retries: false };
  return WorkflowService.create(createRpcImpl('WorkflowService', backend.service, settings), false, false);
}

/** Signals a run by hand. */
export async function signalByHand(
  t: ScenarioContext,
  workflowId: string,
  request: SignalRequest & { readonly runId?: string },
): Promise<void> {
  const { runId, ...rest } = request;
  await t.raw.signalWorkflowExecution({
    namespace: t.namespace,
    workflowExecution: { workflowId, ...(runId ? { runId } : {}) },
    requestId: randomUUID(),
    ...rest,
  });
}

/** What an RPC, or a call of the client that makes one, is refused with. Fails when it is not. */
export async function refusalOf(promise: Promise<unknown>): Promise<Refusal> {
  const error = await errorOf(promise);
  // The client keeps of this one only the text.
  if (error instanceof WorkflowNotFoundError) return { code: 'NOT_FOUND', details: error.message };
  for (let link = error; link instanceof Error; link = link.cause) {
    const { code, details } = link as { code?: unknown; details?: unknown };
    if (typeof code === 'number' && typeof details === 'string') return { code: grpcStatusName(code), details };
  }
  throw new Error('Not an error of an RPC', { cause: error });
}

/**
 * Fails unless a call was given up at its deadline. A server in another process has a clock of its own for it, and resets the stream when that
 * one is first: grpc-js calls that `CANCELLED` (https://github.com/grpc/grpc/pull/27216).
 */
export function assertPastDeadline({ code }: Refusal): void {
  assert.ok(code === 'DEADLINE_EXCEEDED' || code === 'CANCELLED', `Refused with ${code}, not for its deadline`);
}

/** The name of a gRPC status, as `NOT_FOUND`. */
export function grpcStatusName(code: number): string {
  return status[code] ?? String(code);
}
