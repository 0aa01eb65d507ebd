import type { Token } from '../token-channel.ts';

/** What is new to show of what a model says. */
export interface ShownToken {
  readonly workflowId: string;
  readonly agent: string;
  readonly step: number;
  readonly type: Token['type'];
  readonly text: string;
  /** Whether the call began again: what was shown of this step before is void. */
  readonly restarted: boolean;
  /** Whether something before this text was lost on the way. */
  readonly gap: boolean;
}

/** What was shown of the latest step of a run. */
interface Progress {
  readonly step: number;
  readonly attempt: number;
  readonly shown: Record<Token['type'], number>;
}

/** Runs that are remembered; of others everything is shown again. */
const mostRuns = 1000;

/**
 * Makes of tokens what is to be shown: nothing twice, nothing of attempts and steps that are over, and a sign when a call begins again.
 * @returns a function that takes tokens in the order in which they arrive, and returns what is new in each, if anything.
 */
export function tokenAssembler(): (token: Token) => ShownToken | undefined {
  const runs = new Map<string, Progress>();
  return (token) => {
    const { workflowId, agent, step, attempt, offset, type } = token;
    const known = runs.get(workflowId);
    if (known && (step < known.step || (step === known.step && attempt < known.attempt))) return undefined;
    const continues = known?.step === step && known.attempt === attempt;
    const progress = continues ? known : { step, attempt, shown: { text: 0, reasoning: 0 } };
    const end = progress.shown[type];
    const text = token.text.slice(Math.max(0, end - offset));
    if (text === '') return undefined;
    progress.shown[type] = offset + token.text.length;
    runs.delete(workflowId);
    runs.set(workflowId, progress);
    for (const [oldest] of runs) {
      if (runs.size <= mostRuns) break;
      runs.delete(oldest);
    }
    const restarted = !continues && known?.step === step;
    return { workflowId, agent, step, type, text, restarted, gap: offset > end };
  };
}
