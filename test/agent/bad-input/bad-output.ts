import type { Script } from '../call-model/support.ts';

/**
 * What has to come of a model's output:
 * - `refused`: all calls are refused, and the model is told why
 * - `no answer`: the message is refused, and the model is told why
 * - `again`, `final`: the call fails, typed, and is or isn't tried again
 * - a list: these decisions, in this order
 */
export type Outcome = 'refused' | 'no answer' | 'again' | 'final' | readonly string[];

/** A malformed output of a model. */
export interface BadOutput {
  readonly name: string;
  readonly script: Script;
  readonly outcome: Outcome;
  /** The agent that it is said to. Default: one that answers in text. */
  readonly agent?: 'text' | 'structured';
}

/** A list of cases with the same outcome. */
export function cases(
  outcome: Outcome,
  scripts: Readonly<Record<string, Script>>,
  agent: BadOutput['agent'] = 'text',
): BadOutput[] {
  return Object.entries(scripts).map(([name, script]) => ({ name, script, outcome, agent }));
}
