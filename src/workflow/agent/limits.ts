import { ApplicationFailure } from '@temporalio/common';
import { FAILURE, type Limits, type Spent } from '../protocol/index.ts';
import { tokensOf } from './spending.ts';

/** What the arithmetic of limits is done on. */
export interface Budget {
  readonly limits: Limits;
  /** How often as much again has been allowed. */
  readonly extensions: number;
  readonly spent: Spent;
  /** Since the start of the chain of runs, without the time that a person took to decide about limits. Milliseconds. */
  readonly elapsed: number;
}

/** What a step wants to call. */
export interface Wanted {
  /** Calls of tools and agents. */
  readonly calls: number;
  /** Of these: calls of agents. */
  readonly agents: number;
}

const limitNames: readonly string[] = ['steps', 'tokens', 'toolCalls', 'depth', 'duration'] satisfies (keyof Limits)[];

/**
 * Checks limits that a run was given: one that is no number would hold nothing back, or hold the run up for ever.
 * @throws ApplicationFailure `InvalidInput`, which says which limit is wrong
 */
export function checkLimits(given: unknown): void {
  if (given === undefined) return;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid('limits have to be an object.');
  for (const [name, value] of Object.entries(given)) {
    if (!limitNames.includes(name)) throw invalid(`there is no limit ${name}; there are ${limitNames.join(', ')}.`);
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && value >= 0))
      throw invalid(
        `the limit ${name} has to be a number from 0 on, and is ${JSON.stringify(value) ?? String(value)}.`,
      );
  }
}

function invalid(problem: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`The run can’t start: ${problem}`, FAILURE.invalidInput);
}

/** The tighter of an agent's own limits and those that it was given. */
export function tighter(own: Limits, given: Partial<Limits> = {}): Limits {
  const least = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined ? b : b === undefined ? a : Math.min(a, b);
  const tokens = least(own.tokens, given.tokens);
  const toolCalls = least(own.toolCalls, given.toolCalls);
  const duration = least(own.duration, given.duration);
  return {
    steps: least(own.steps, given.steps) ?? own.steps,
    depth: least(own.depth, given.depth) ?? own.depth,
    ...(tokens === undefined ? {} : { tokens }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(duration === undefined ? {} : { duration }),
  };
}

/** A limit with what was allowed beyond it. */
function allowed(budget: Budget, name: keyof Limits): number {
  return (budget.limits[name] ?? Number.POSITIVE_INFINITY) * (1 + budget.extensions);
}

/** What is left of a limit: never negative. Of depth nothing is used up. */
export function left(budget: Budget, name: keyof Limits): number {
  const used: Record<keyof Limits, number> = {
    steps: budget.spent.steps,
    tokens: tokensOf(budget.spent),
    toolCalls: budget.spent.toolCalls,
    duration: budget.elapsed,
    depth: 0,
  };
  return Math.max(0, allowed(budget, name) - used[name]);
}

/** With fewer tokens left, none count as left: providers refuse to be asked for an answer of fewer than 16. */
const LEAST_TOKENS = 16;

/** The limit that forbids another model call. */
export function reachedBeforeModel(budget: Budget): keyof Limits | undefined {
  const least = { steps: 1, tokens: LEAST_TOKENS, duration: 1 };
  return (['steps', 'tokens', 'duration'] as const).find((name) => left(budget, name) < least[name]);
}

/** The limit that forbids these calls. */
export function reachedBeforeCalls(budget: Budget, wanted: Wanted): keyof Limits | undefined {
  if (wanted.calls > left(budget, 'toolCalls')) return 'toolCalls';
  if (wanted.agents > 0 && left(budget, 'depth') < 1) return 'depth';
  return wanted.calls > 0 && left(budget, 'duration') <= 0 ? 'duration' : undefined;
}

/**
 * What each of the sub-agents of one step may use: an even share of what is left. One step stays with the caller, so that it can say what came of
 * it. Call it when the calls themselves are spent.
 */
export function shareOf(budget: Budget, agents: number): Partial<Limits> {
  const share = (name: keyof Limits, kept: number): number => {
    const rest = left(budget, name);
    return Number.isFinite(rest) ? Math.max(0, Math.floor((rest - kept) / agents)) : rest;
  };
  const given: Record<keyof Limits, number> = {
    steps: share('steps', 1),
    tokens: share('tokens', 0),
    toolCalls: share('toolCalls', 0),
    duration: left(budget, 'duration'),
    depth: Math.max(0, left(budget, 'depth') - 1),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => Number.isFinite(value)));
}

/** Whether being allowed as much again would change anything. */
export function canExtend(budget: Budget, name: keyof Limits): boolean {
  return (budget.limits[name] ?? 0) > 0;
}

const units: Record<keyof Limits, string> = {
  steps: 'steps',
  tokens: 'tokens',
  toolCalls: 'calls of tools and agents',
  depth: 'levels of agents below it',
  duration: 'milliseconds',
};

/** A limit in words: `20 steps`. */
export function describeLimit(budget: Budget, name: keyof Limits): string {
  return `${allowed(budget, name)} ${units[name]}`;
}
