import type { RetrySettings } from '../workflow/protocol/index.ts';
import { ASK_USER_TOOL } from './defaults.ts';
import { DefinitionError } from './errors.ts';
import { parseTime } from './time.ts';
import type { Time } from './types.ts';

const NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/;

/** How often a call is tried. Times are milliseconds or text; what is left out keeps its default. */
export interface RetryOptions {
  /** Including the first. */
  readonly maximumAttempts?: number;
  /** Between the first attempt and the second. */
  readonly initialInterval?: Time;
  /** What each interval is multiplied by. */
  readonly backoffCoefficient?: number;
  /** Longest interval. */
  readonly maximumInterval?: Time;
}

/** Refuses options that are no object, or have keys that mean nothing: a misspelt limit must not be no limit. */
export function checkKeys(options: unknown, known: readonly string[], path: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new DefinitionError(path, 'expected an object of options.', { fix: `Give { ${known.join(', ')} }.` });
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length > 0)
    throw new DefinitionError(path, `unknown ${unknown.length === 1 ? 'option' : 'options'} ${unknown.join(', ')}.`, {
      fix: `Options are: ${known.join(', ')}.`,
    });
}

/** A name that every model accepts for a function. */
export function checkName(name: unknown, kind: 'tool' | 'agent' | 'tool source'): void {
  if (typeof name !== 'string' || !NAME.test(name))
    throw new DefinitionError(`${kind} ${JSON.stringify(name) ?? 'without a name'}: name`, 'models would refuse it.', {
      fix: 'Use 1 to 64 letters, digits, _ and -, beginning with a letter.',
    });
  if (name === ASK_USER_TOOL)
    throw new DefinitionError(`${kind} "${name}": name`, 'it is how models ask the user.', {
      fix: 'Choose another one.',
    });
}

/** Text that says something. */
export function checkText(text: unknown, path: string, fix: string): void {
  if (typeof text !== 'string' || text.trim() === '')
    throw new DefinitionError(path, text === undefined ? 'is missing.' : 'is empty or no text.', { fix });
}

/** One of a few values. */
export function checkOneOf(value: unknown, allowed: readonly unknown[], path: string): void {
  if (!allowed.includes(value))
    throw new DefinitionError(path, `${JSON.stringify(value) ?? String(value)} is not possible.`, {
      fix: `Use one of: ${allowed.map((each) => JSON.stringify(each)).join(', ')}.`,
    });
}

/** A function, or nothing. */
export function checkFunction(value: unknown, path: string, fix: string): void {
  if (value !== undefined && typeof value !== 'function') throw new DefinitionError(path, 'is no function.', { fix });
}

/** A whole number from `least` on. */
export function checkCount(value: unknown, least: number, path: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw new DefinitionError(path, `${JSON.stringify(value) ?? String(value)} is not possible.`, {
      fix: `Give a whole number from ${least} on.`,
    });
}

/** Refuses a second thing of a name. */
export function checkUnique(names: readonly { readonly kind: string; readonly name: string }[], path: string): void {
  const seen = new Map<string, string>();
  for (const { kind, name } of names) {
    const before = seen.get(name);
    if (before !== undefined)
      throw new DefinitionError(path, `the name "${name}" is used by a ${before} and by a ${kind}.`, {
        fix: 'Rename one of them: models tell them apart by name.',
      });
    seen.set(name, kind);
  }
}

/** The whole of retry options. */
export function completeRetry(given: RetryOptions, defaults: RetrySettings, path: string): RetrySettings {
  checkKeys(given, Object.keys(defaults), path);
  const { maximumAttempts = defaults.maximumAttempts, backoffCoefficient = defaults.backoffCoefficient } = given;
  checkCount(maximumAttempts, 1, `${path}.maximumAttempts`);
  if (!(Number.isFinite(backoffCoefficient) && backoffCoefficient >= 1))
    throw new DefinitionError(`${path}.backoffCoefficient`, `${String(backoffCoefficient)} is not possible.`, {
      fix: 'Give a number from 1 on.',
    });
  const initialInterval = parseTime(given.initialInterval ?? defaults.initialInterval, `${path}.initialInterval`);
  const maximumInterval =
    given.maximumInterval === undefined
      ? Math.max(initialInterval, defaults.maximumInterval)
      : parseTime(given.maximumInterval, `${path}.maximumInterval`);
  if (maximumInterval < initialInterval)
    throw new DefinitionError(`${path}.maximumInterval`, 'is below initialInterval.', { fix: 'Raise it.' });
  return { maximumAttempts, initialInterval, backoffCoefficient, maximumInterval };
}
