import type { Wait } from 'perdure';

/** Where answers come from: the command line, or a person. `undefined`: from nowhere. */
export type AnswerSource = (wait: Wait, signal: AbortSignal) => Promise<string | undefined>;

/** Answers given beforehand, each used once. */
export function prepared(answers: readonly string[]): AnswerSource {
  const left = [...answers];
  return async () => left.shift();
}

/** Whether a person lets the agent do it; `undefined` when it is neither yes nor no. */
export function toDecision(answer: string): boolean | undefined {
  if (/^\W*(?:y|yes|yep|ok|okay|sure|approve|approved|go ahead)\W*$/i.test(answer)) return true;
  return /^\W*(?:n|no|nope|reject|rejected|don't|stop)\W*$/i.test(answer) ? false : undefined;
}
