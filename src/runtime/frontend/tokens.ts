import { invalidArgument } from '../errors.ts';
import type { RunKey } from '../../core/record.ts';

/** Names the task that a worker's answer is about. An answer with a token that does not fit any more is refused. */
export interface TaskToken extends RunKey {
  readonly scheduledEventId: number;
  readonly startedEventId: number;
  readonly attempt: number;
  /** Set for tasks that only ask a query. */
  readonly queryId?: string;
  /**
   * Of workflow tasks: which taking of the task it was. Where a task may be taken before that is stored, others can take one with the same events' ids.
   */
  readonly requestId?: string;
}

/** A token as the worker gets it. */
export function encodeToken(token: TaskToken): Uint8Array {
  const { namespace, workflowId, runId, scheduledEventId, startedEventId, attempt, queryId, requestId } = token;
  return Buffer.from(
    JSON.stringify([namespace, workflowId, runId, scheduledEventId, startedEventId, attempt, queryId, requestId]),
  );
}

/** Reads a token. @throws ServiceError when it is none of ours. */
export function decodeToken(bytes: Uint8Array | null | undefined): TaskToken {
  const fields = parse(bytes);
  const [namespace, workflowId, runId, scheduledEventId, startedEventId, attempt, queryId, requestId] = fields;
  if (
    typeof namespace !== 'string' ||
    typeof workflowId !== 'string' ||
    typeof runId !== 'string' ||
    typeof scheduledEventId !== 'number' ||
    typeof startedEventId !== 'number' ||
    typeof attempt !== 'number'
  ) {
    throw invalidArgument('Error deserializing task token.');
  }
  const token = { namespace, workflowId, runId, scheduledEventId, startedEventId, attempt };
  return {
    ...token,
    ...(typeof queryId === 'string' ? { queryId } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
  };
}

function parse(bytes: Uint8Array | null | undefined): readonly unknown[] {
  if (!bytes?.length) throw invalidArgument('Task token not set on request.');
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
    if (Array.isArray(parsed)) return parsed;
  } catch {
    // Falls through: not ours.
  }
  throw invalidArgument('Error deserializing task token.');
}
