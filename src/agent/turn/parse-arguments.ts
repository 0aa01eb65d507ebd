import type { JsonObject } from '../../workflow/protocol/index.ts';
import { cut, MAX_ARGUMENTS } from './limits.ts';
import { toJson, UnsafeJsonError } from './to-json.ts';

/** The arguments of a call, or what is wrong with them, in words for a model. */
export type ParsedArguments =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads the arguments of a call as a model wrote them. Nothing is repaired: a guess about what was meant could do what nobody asked for.
 * Empty text is what models write for a tool without arguments.
 */
export function parseArguments(text: string): ParsedArguments {
  if (text.length > MAX_ARGUMENTS) return refused(`are longer than ${MAX_ARGUMENTS} characters`);
  if (text.trim() === '') return { ok: true, value: {} };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return refused(`are not valid JSON: ${cut(error instanceof Error ? error.message : String(error), 200)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return refused(`have to be a JSON object, not ${kindOf(parsed)}`);
  }
  try {
    return { ok: true, value: toJson(parsed) as JsonObject };
  } catch (error) {
    if (!(error instanceof UnsafeJsonError)) throw error;
    return refused(`can't be used. ${error.message}`);
  }
}

function refused(problem: string): ParsedArguments {
  return { ok: false, problem: `The arguments ${problem.replace(/[\s.]*$/, '.')}` };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'text' : `a ${typeof value}`;
}
