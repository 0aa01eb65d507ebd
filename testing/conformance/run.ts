import { validateHistory } from '../../src/core/history/validate.ts';
import { createContext } from './context.ts';
import type { OwnedContext } from './context.ts';
import { differences as knownDifferences } from './differences.ts';
import type { Difference } from './differences.ts';
import { compareWithGolden } from './golden.ts';
import { collectHistories } from './histories.ts';
import type { RunHistory } from './histories.ts';
import type { Replayer } from './replay.ts';
import type { Scenario } from './scenario.ts';
import type { ConformanceTarget } from './target.ts';

/** How a scenario is run. */
export interface RunOptions {
  /** Replays every history. Default: histories are not replayed. */
  readonly replayer?: Replayer;
  /** Records golden histories instead of comparing. Only with the real server. Default: false. */
  readonly updateGolden?: boolean;
  /** Known differences. Default: those of the suite. */
  readonly differences?: readonly Difference[];
  /** The scenario fails after this time. Milliseconds. Default: 60,000. */
  readonly timeoutMs?: number;
}

/** What came of a scenario that passed, or failed as it is known to. */
export interface ScenarioReport {
  /** Time of the scenario itself, without the oracles. Milliseconds. */
  readonly ms: number;
  /** The histories that it left, children and successors included. */
  readonly histories: readonly RunHistory[];
  /** Set when it failed and is listed as a difference. */
  readonly difference?: Difference;
}

/** Runs one scenario and all oracles over the histories that it left. Rejects with the first failure. */
export async function runScenario(
  target: ConformanceTarget,
  scenario: Scenario,
  options: RunOptions = {},
): Promise<ScenarioReport> {
  const difference = (options.differences ?? knownDifferences).find(
    (known) => known.scenario === scenario.id && known.target === target.name,
  );
  if (!difference) return await examine(target, scenario, options);
  try {
    await examine(target, scenario, options);
  } catch {
    return { ms: 0, histories: [], difference };
  }
  throw new Error(`${scenario.id} passes on ${target.name}, but is listed as a difference: ${difference.reason}`);
}

async function examine(target: ConformanceTarget, scenario: Scenario, options: RunOptions): Promise<ScenarioReport> {
  const owned = createContext(target, scenario);
  const started = performance.now();
  let histories: RunHistory[];
  try {
    await withTimeout(scenario.run(owned.context), options.timeoutMs ?? 60_000, scenario.id);
  } catch (error) {
    await cleanUp(owned).catch(() => {}); // the first failure tells more
    throw error;
  }
  const ms = performance.now() - started;
  try {
    histories = await collectHistories(owned.context.client, owned.runs);
  } finally {
    await cleanUp(owned);
  }
  for (const run of histories) assertStructure(run);
  await compareWithGolden(target, scenario, owned.unique, histories, options.updateGolden ?? false);
  if (options.replayer && !scenario.noReplay) {
    for (const run of histories) await options.replayer.check(run);
  }
  return { ms, histories };
}

function assertStructure({ workflowId, history }: RunHistory): void {
  const problems = validateHistory(history.events ?? []).map(({ eventId, problem }) => `${eventId} ${problem}`);
  if (problems.length > 0) throw new Error(`The history of ${workflowId} is malformed:\n${problems.join('\n')}`);
}

/** Leaves nothing behind that works: open runs are terminated. */
async function cleanUp({ context, runs, stopWorkers }: OwnedContext): Promise<void> {
  const stopped = stopWorkers();
  const terminate = ({ workflowId }: { workflowId: string }): Promise<unknown> =>
    context.client.workflow
      .getHandle(workflowId)
      .terminate('end of scenario')
      .catch(() => {});
  await Promise.all(runs.map(terminate));
  await stopped;
}

async function withTimeout(work: Promise<void>, ms: number, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} took more than ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
