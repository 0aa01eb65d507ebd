import { isParts } from '../agent/outputs.ts';
import type {
  CancelRequest,
  ChildReport,
  UserContent,
  Wait,
  WaitAnswer,
  WaitChange,
  WaitKind,
} from '../protocol/index.ts';
import { isOutcome } from '../waits/answers.ts';

// Anybody can send a signal with anything in it; a handler that throws would keep the run from ever going on.

/** Longest time to clean up, in milliseconds: a day. */
const LONGEST_DEADLINE = 24 * 3_600_000;

const kinds: readonly unknown[] = ['input', 'approval', 'tool', 'event'] satisfies readonly WaitKind[];

/** Reads an answer. @returns `undefined` when it is none. */
export function readFullAnswer(value: unknown): WaitAnswer | undefined {
  const { waitId, kind, outcome } = fieldsOf(value);
  const named = waitId === undefined || typeof waitId === 'string';
  return named && kinds.includes(kind) && isOutcome(outcome) ? (value as WaitAnswer) : undefined;
}

/** Reads what a sub-agent says about its waits. @returns `undefined` when it makes no sense. */
export function readWaitChange(value: unknown): WaitChange | undefined {
  const { type, wait, waitId, workflowId } = fieldsOf(value);
  const sensible =
    (type === 'opened' && isWait(wait)) ||
    (type === 'closed' && typeof waitId === 'string') ||
    (type === 'dropped' && typeof workflowId === 'string');
  return sensible ? (value as WaitChange) : undefined;
}

/** Reads what a sub-agent says when it has ended. @returns `undefined` when it makes no sense. */
export function readReport(value: unknown): ChildReport | undefined {
  const { workflowId, toolCallId, end } = fieldsOf(value);
  const { type, result, message } = fieldsOf(end);
  const sensible =
    typeof workflowId === 'string' &&
    typeof toolCallId === 'string' &&
    ((type === 'completed' && typeof fieldsOf(result).spent === 'object') ||
      (type === 'failed' && typeof message === 'string'));
  return sensible ? (value as ChildReport) : undefined;
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** Reads what a model is to be told. @returns `undefined` when it is nothing that can be said, or says nothing. */
export function readUserContent(value: unknown): UserContent | undefined {
  if (typeof value === 'string') return isBlank(value) ? undefined : value;
  return isParts(value) && !value.every((part) => part.type === 'text' && isBlank(part.text)) ? value : undefined;
}

/** Reads a request to end. Whatever makes no sense is left out; the deadline is a day at most. */
export function readCancelRequest(value: unknown): CancelRequest {
  const { reason, deadline } = fieldsOf(value);
  return {
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof deadline === 'number' && !Number.isNaN(deadline)
      ? { deadline: Math.min(Math.max(deadline, 0), LONGEST_DEADLINE) }
      : {}),
  };
}

function isWait(value: unknown): value is Wait {
  const { id, kind, workflowId, message } = fieldsOf(value);
  return [id, workflowId, message].every((field) => typeof field === 'string') && kinds.includes(kind);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
