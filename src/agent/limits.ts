import type { Limits } from '../workflow/protocol/index.ts';
import { checkCount, checkKeys } from './checks.ts';
import { DEFAULTS } from './defaults.ts';
import { parseTime } from './time.ts';
import type { Time } from './types.ts';

/** How much a run may use, its sub-agents included. What is left out is not limited, but for `steps` and `depth`. */
export interface LimitOptions {
  /** Calls of models. Default: 50. */
  readonly steps?: number;
  /** Tokens in and out. */
  readonly tokens?: number;
  /** Calls of tools and agents. */
  readonly toolCalls?: number;
  /** Agents below this one: 0 means that it may call none. Default: 5. */
  readonly depth?: number;
  /** From the start to the end of a run. */
  readonly duration?: Time;
}

const LEAST = { steps: 1, tokens: 1, toolCalls: 0, depth: 0 } as const;

/** The whole of limits. @throws DefinitionError for unknown ones and impossible numbers. */
export function completeLimits(limits: LimitOptions | undefined, path: string): Limits {
  const given = limits ?? {};
  checkKeys(given, [...Object.keys(LEAST), 'duration'], path);
  for (const [key, least] of Object.entries(LEAST)) {
    const value = given[key as keyof typeof LEAST];
    if (value !== undefined) checkCount(value, least, `${path}.${key}`);
  }
  const { duration, ...counts } = given;
  const set = Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== undefined));
  return {
    ...DEFAULTS.limits,
    ...set,
    ...(duration !== undefined && { duration: parseTime(duration, `${path}.duration`) }),
  };
}
