import { Validator, type SchemaDraft, type ValidationResult } from '@cfworker/json-schema';
import {
  ANSWER_REFUSED,
  type ApprovalValue,
  type Json,
  type JsonSchema,
  type Wait,
  type WaitOutcome,
} from '../protocol/index.ts';
import { jsonBytes } from '../agent/transcript.ts';
import type { Refusal } from './matching.ts';

/** Largest answer, in bytes of JSON: it has to fit into what the model is told next, with room for others. */
const MAX_ANSWER = 1024 * 1024;

/** Whether an outcome fits a wait. @returns why it does not. */
export function checkOutcome(wait: Wait, outcome: WaitOutcome): Refusal | undefined {
  const problem = problemOf(wait, outcome);
  return problem === undefined
    ? undefined
    : { type: ANSWER_REFUSED.invalid, message: `The answer does not fit the wait ${wait.id}: ${problem}` };
}

/** Whether what somebody says is more than a run can take. */
export function isTooLarge(said: unknown): boolean {
  return jsonBytes(said) > MAX_ANSWER;
}

/** Whether a value is the answer to an approval. */
export function isApproval(value: unknown): value is ApprovalValue {
  if (typeof value !== 'object' || value === null) return false;
  const { approved, reason, by } = value as { approved?: unknown; reason?: unknown; by?: unknown };
  const isText = (part: unknown): boolean => part === undefined || typeof part === 'string';
  return typeof approved === 'boolean' && isText(reason) && isText(by);
}

function problemOf(wait: Wait, outcome: WaitOutcome): string | undefined {
  if (isTooLarge(outcome)) return `it is larger than ${MAX_ANSWER} bytes.`;
  if (outcome.type === 'error') {
    if (typeof outcome.message !== 'string') return 'an error has a message.';
    return wait.kind === 'tool' ? undefined : `a wait of kind ${wait.kind} takes a value.`;
  }
  if (wait.kind === 'approval' && !isApproval(outcome.value))
    return 'an approval is { approved: boolean, reason?: string, by?: string }.';
  const bytes = wait.maxBytes === undefined ? 0 : jsonBytes(outcome.value);
  if (wait.maxBytes !== undefined && bytes > wait.maxBytes)
    return `it has ${bytes} bytes; at most ${wait.maxBytes} are allowed (maxResultBytes).`;
  return wait.schema ? schemaProblem(outcome.value, wait.schema) : undefined;
}

/** Checks a value against a JSON Schema, without generating code. @returns what is wrong with it. */
export function schemaProblem(value: Json, schema: JsonSchema): string | undefined {
  let result: ValidationResult;
  try {
    // The validator writes into the schema, which may be frozen.
    const own = JSON.parse(JSON.stringify(schema)) as JsonSchema;
    result = new Validator(own, draftOf(own)).validate(value);
  } catch (error) {
    return `its schema can’t be used: ${String(error)}`;
  }
  if (result.valid) return undefined;
  const innermost = result.errors.at(-1);
  return innermost ? `${innermost.instanceLocation}: ${innermost.error}` : 'it does not match the schema.';
}

function draftOf(schema: JsonSchema): SchemaDraft {
  const named = typeof schema['$schema'] === 'string' ? schema['$schema'] : '';
  if (named.includes('draft-07') || named.includes('draft-06')) return '7';
  if (named.includes('draft-04')) return '4';
  return named.includes('2019-09') ? '2019-09' : '2020-12';
}
