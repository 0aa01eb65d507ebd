import { DefinitionError } from '../agent/errors.ts';
import { completeLimits, type LimitOptions } from '../agent/limits.ts';
import { ConfigurationError } from '../engine/index.ts';
import type { Limits } from '../workflow/protocol/index.ts';

/**
 * The limits that a run is given, checked as those of definitions are. What is left out stays out: it is the agent's own.
 * @throws ConfigurationError for unknown ones and impossible values.
 */
export function givenLimits(given: LimitOptions): Partial<Limits> {
  const known = Object.entries(checked(given));
  return Object.fromEntries(known.filter(([name]) => given[name as keyof Limits] !== undefined));
}

function checked(given: LimitOptions): Limits {
  try {
    return completeLimits(given, 'limits');
  } catch (error) {
    if (!DefinitionError.is(error)) throw error;
    const { path, fix, message } = error;
    const problem = message.slice(`${path}: `.length, -` ${fix}`.length);
    throw new ConfigurationError(path, problem, { fix, cause: error });
  }
}
