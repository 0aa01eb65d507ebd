import { isGrpcServiceError } from '@temporalio/client';
import { EngineUnavailableError } from '../engine/index.ts';

/** What went wrong, for programs. Never changes, unlike messages. */
export type FailureCode =
  | 'ANSWER_REFUSED'
  | 'CONFIGURATION'
  | 'CONVERSATION_LOST'
  | 'DEFINITION'
  | 'ENGINE_REFUSED'
  | 'ENGINE_UNAVAILABLE'
  | 'NO_WORKER'
  | 'PAUSE_NOT_SUPPORTED'
  | 'QUERY_FAILED'
  | 'QUERY_UNKNOWN'
  | 'RUN_CANCELLED'
  | 'RUN_ENDED'
  | 'RUN_EXISTS'
  | 'RUN_FAILED'
  | 'RUN_NOT_FOUND'
  | 'RUN_PAUSED'
  | 'RUN_TERMINATED'
  | 'RUN_TIMED_OUT'
  | 'STARTS_FAILED';

/** All of them: an error is expected by its code, whichever copy of this package it is of. */
const CODES: Readonly<Record<FailureCode, true>> = {
  ANSWER_REFUSED: true,
  CONFIGURATION: true,
  CONVERSATION_LOST: true,
  DEFINITION: true,
  ENGINE_REFUSED: true,
  ENGINE_UNAVAILABLE: true,
  NO_WORKER: true,
  PAUSE_NOT_SUPPORTED: true,
  QUERY_FAILED: true,
  QUERY_UNKNOWN: true,
  RUN_CANCELLED: true,
  RUN_ENDED: true,
  RUN_EXISTS: true,
  RUN_FAILED: true,
  RUN_NOT_FOUND: true,
  RUN_PAUSED: true,
  RUN_TERMINATED: true,
  RUN_TIMED_OUT: true,
  STARTS_FAILED: true,
};

/** An error that a call is expected to end with now and then: the error of this package as it is, with its class and what it says beside. */
export interface ExecutionFailure extends Error {
  /** What went wrong. */
  readonly code: FailureCode;
  /** The run that it is about, if it is about one. */
  readonly runId?: string;
}

/** What came of a call: what was asked for, or why it is not to be had. */
export type Result<Data> =
  | {
      /** It went well. */
      readonly success: true;
      /** What was asked for. */
      readonly data: Data;
    }
  | {
      /** It did not. */
      readonly success: false;
      /** Why. */
      readonly error: ExecutionFailure;
    };

/** The engine's server does not take the call: the credentials are not enough, or it is asked too much. */
export class EngineRefusedError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'EngineRefusedError';
  /** Never changes, unlike the message. */
  readonly code = 'ENGINE_REFUSED';
  /** The server's gRPC status, such as 7 for `PERMISSION_DENIED`. */
  readonly status: number;

  constructor(status: number, details: string, options?: ErrorOptions) {
    super(`The engine's server refuses the call (gRPC status ${status}): ${details}`, options);
    this.status = status;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is EngineRefusedError {
    return value instanceof Error && value.name === 'EngineRefusedError';
  }
}

/** What came of some work. @throws what nobody expects: mistakes in code. */
export async function resultOf<Data>(work: () => Promise<Data>): Promise<Result<Data>> {
  try {
    return { success: true, data: await work() };
  } catch (error) {
    const failure = failureOf(error);
    if (isExpected(failure)) return { success: false, error: failure };
    throw failure;
  }
}

/** An error of this package instead of one of the official client, where there is one. */
export function failureOf(error: unknown): unknown {
  if (isExpected(error)) return error;
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!isGrpcServiceError(at)) continue;
    const isAway = AWAY.includes(at.code);
    if (!isAway) return new EngineRefusedError(at.code, at.details, { cause: error });
    return new EngineUnavailableError(`The engine cannot be reached: ${at.details}`, { cause: error });
  }
  return error;
}

/** CANCELLED, DEADLINE_EXCEEDED and UNAVAILABLE: what was asked was not answered. */
const AWAY: readonly number[] = [1, 4, 14];

function isExpected(error: unknown): error is ExecutionFailure {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && Object.hasOwn(CODES, error.code)
  );
}
