import type { Client } from '@temporalio/client';
import type { Spent, Usage } from '../../workflow/protocol/index.ts';
import type { RunReference } from '../context.ts';
import { RunNotFoundError } from '../errors.ts';
import { runInfo } from '../status.ts';
import { checkPrices, CostSum } from './prices.ts';
import { type ReadSteps, readSteps } from './read-steps.ts';
import type { Draft } from './step-draft.ts';
import { inTurns, readTree, type TreeNode } from './tree.ts';
import type { MetricsOptions, RunMetrics, StepKind } from './types.ts';

/** How much a run did, and how long it took. @throws RunNotFoundError, EngineUnavailableError, ConfigurationError */
export async function measureRun(
  client: Client,
  reference: RunReference,
  { prices, includeSubAgents = false }: MetricsOptions,
): Promise<RunMetrics> {
  if (prices !== undefined) checkPrices(prices);
  const own = await readSteps(client, reference, false);
  const tree = includeSubAgents ? await readTree(client, reference, {}) : undefined;
  const below = tree === undefined ? [] : nodesBelow(tree);
  const found = await inTurns(below, async (each) => await stepsOf(client, each));
  const counted = [...own.drafts, ...found.flatMap((drafts) => drafts ?? [])];
  const isIncomplete = found.includes(undefined) || [tree, ...below].some((node) => node?.truncated);
  const cost = prices && new CostSum(prices);
  for (const { step } of counted) if (step.kind === 'model') cost?.add(step);
  const count = (kind: StepKind): number => counted.filter(({ step }) => step.kind === kind).length;
  return {
    ...durationsOf(own),
    stepCount: counted.length,
    llmCallCount: count('model'),
    toolCallCount: count('tool'),
    agentCallCount: count('agent'),
    tokens: sumOf(counted.flatMap(({ step }) => (step.kind === 'model' ? (step.usage ?? []) : []))),
    subAgents: spentBelow(own.drafts),
    ...(cost === undefined ? {} : { cost: cost.cost }),
    ...(isIncomplete ? { incomplete: true } : {}),
  };
}

/** @returns `undefined` when the engine has forgotten the run. */
async function stepsOf(client: Client, { reference }: TreeNode): Promise<readonly Draft[] | undefined> {
  try {
    return (await readSteps(client, reference, false)).drafts;
  } catch (error) {
    if (RunNotFoundError.is(error)) return undefined;
    throw error;
  }
}

function nodesBelow({ children }: TreeNode): TreeNode[] {
  return children.flatMap((child) => [child, ...nodesBelow(child)]);
}

function durationsOf({
  drafts,
  startedAt,
  description,
}: ReadSteps): Pick<RunMetrics, 'status' | 'totalDuration' | 'activeDuration'> {
  const { status, endedAt } = runInfo(description);
  const isOver = status !== 'running' && status !== 'paused';
  const until = isOver && endedAt !== undefined ? endedAt.getTime() : Math.max(Date.now(), startedAt);
  const spans = drafts.flatMap(({ step }) =>
    step.kind === 'wait' || step.kind === 'timer'
      ? []
      : [{ from: Date.parse(step.scheduledAt), to: step.endedAt === undefined ? until : Date.parse(step.endedAt) }],
  );
  return { status, totalDuration: until - startedAt, activeDuration: lengthOf(spans) };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** How long at least one of some spans lasts. They are given in the order of their beginnings. */
function lengthOf(spans: readonly Span[]): number {
  let length = 0;
  let covered = -Infinity;
  for (const { from, to } of spans) {
    length += Math.max(0, to - Math.max(from, covered));
    covered = Math.max(covered, to);
  }
  return length;
}

function sumOf(usages: readonly Usage[]): Usage {
  const sum = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 };
  for (const usage of usages) for (const name of Object.keys(sum) as (keyof Usage)[]) sum[name] += usage[name];
  return sum;
}

function spentBelow(drafts: readonly Draft[]): Spent {
  const all = drafts.flatMap(({ spent }) => spent ?? []);
  const add = (name: 'steps' | 'toolCalls'): number => all.reduce((sum, spent) => sum + spent[name], 0);
  return { steps: add('steps'), toolCalls: add('toolCalls'), ...sumOf(all) };
}
