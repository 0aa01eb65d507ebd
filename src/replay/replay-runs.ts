import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HistoryAndWorkflowId } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { ReplayWorkerOptions } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import { PayloadReader } from '../agent/conversation/payloads.ts';
import { AgentRegistry } from '../agent/registry.ts';
import { ConfigurationError } from '../engine/index.ts';
import { loadDataConverter } from '../official.ts';
import { historyFromJSON } from '../official-client.ts';
import { workflowCode } from '../worker/index.ts';
import { type Compared, compareCode } from './compare-code.ts';
import { definitionDifferences } from './definitions.ts';
import { replayHistories } from './replayer.ts';
import type { DefinitionDifference, RecordedRun, ReplayedRun, ReplayOptions, ReplayReport } from './types.ts';

/** Sources as well as compiled. */
const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const CALL_STACKS = fileURLToPath(new URL(`../workflow/trace/call-stacks.${ENDING}`, import.meta.url));

/**
 * Replays recorded runs on today's workflow code with Temporal's official replayer, and compares the definitions of agents that they recorded with
 * today's. Neither a server nor a worker is needed, and no activity is called.
 * @throws ConfigurationError when a history is none, or the code cannot be bundled; DefinitionError; what tool sources throw that cannot be reached.
 * @example
 * const report = await replayRuns({ agents: [support], runs: await recordedRuns('test/recordings') });
 * expect(report.ok).toBe(true);
 */
export async function replayRuns(options: ReplayOptions): Promise<ReplayReport> {
  const { agents = [], tools = [], strict = false } = options;
  const registry = await AgentRegistry.open({ agents, tools });
  const payloads = new PayloadReader(loadDataConverter(options.workerOptions?.dataConverter), 'default');
  const recorded: Recording[] = [];
  const compared: { recording: Recording; code: Compared | undefined; definitions: readonly DefinitionDifference[] }[] =
    [];
  try {
    const replayer = replayHistories(await replayerOptions(options), histories(options.runs, recorded));
    for await (const replay of replayer) {
      const recording = recorded.shift();
      if (recording === undefined) continue;
      const events = recording.history.events ?? [];
      const definitions = await definitionDifferences(recording.id, events, registry, payloads);
      compared.push({ recording, code: compareCode(events, replay), definitions });
    }
  } finally {
    await registry.close();
  }
  const unplaced = compared.filter(({ code }) => code?.call !== undefined).map(({ recording }) => recording);
  const places = unplaced.length === 0 ? new Map<Recording, Stacks>() : await stacksOf(unplaced, options);
  const runs = compared.map(({ recording, code, definitions }): ReplayedRun => {
    const { id, runId, type } = recording;
    const ok = code === undefined && (!strict || definitions.length === 0);
    const stack = places.get(recording)?.get(code?.call ?? '');
    const difference = code && { ...code.difference, ...(stack !== undefined && { stack: readable(stack) }) };
    return { id, type, ok, definitions, ...(runId !== '' && { runId }), ...(difference && { code: difference }) };
  });
  return { ok: runs.every(({ ok }) => ok), runs };
}

/** Where calls come from, by what `callOf` names them. */
type Stacks = Map<string, string>;

interface Recording {
  readonly id: string;
  readonly runId: string;
  readonly type: string;
  readonly history: temporal.api.history.v1.IHistory;
}

/** What the replayer is given; each is noted, as it answers in order. */
async function* histories(
  runs: ReplayOptions['runs'],
  recorded: Recording[],
): AsyncGenerator<HistoryAndWorkflowId, void, undefined> {
  for await (const run of runs) {
    const recording = read(run);
    recorded.push(recording);
    yield { workflowId: recording.id, history: recording.history };
  }
}

function read({ id, history: json }: RecordedRun): Recording {
  const problem = (cause?: unknown): ConfigurationError =>
    new ConfigurationError(`recording of '${id}'`, 'is no whole history of a run.', {
      fix: 'Record it with perdure record, perdure history or the Temporal CLI, all pages of it.',
      cause,
    });
  let history: Recording['history'];
  try {
    history = historyFromJSON(json);
  } catch (error) {
    throw problem(error);
  }
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (!started) throw problem();
  return { id, runId: started.originalExecutionRunId ?? '', type: started.workflowType?.name ?? '', history };
}

/** Replays runs that went wrong once more, with code that tells where its calls come from: that costs too much for all. */
async function stacksOf(recordings: readonly Recording[], options: ReplayOptions): Promise<Map<Recording, Stacks>> {
  const [heard, found] = [new Map<string, Stacks>(), new Map<Recording, Stacks>()];
  const again = recordings.map(({ id, history }) => ({ workflowId: id, history }));
  for await (const _ of replayHistories(await replayerOptions(options, heard), each(again)));
  for (const recording of recordings)
    found.set(recording, heard.get(`${recording.id} ${recording.runId}`) ?? new Map());
  return found;
}

async function* each<Value>(values: readonly Value[]): AsyncGenerator<Value, void, undefined> {
  for (const value of values) yield await Promise.resolve(value);
}

/** Without what Perdure and Temporal put between the author's call and its record. */
function readable(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const own = lines.filter(
    (line) => !/@temporalio[\\/]|call-stacks\.|trace[\\/]interceptors\.|node:|<anonymous>/.test(line),
  );
  return (own.length > 0 ? own : lines).map((line) => line.trim()).join('\n');
}

async function replayerOptions(
  { workflowsPath, workerOptions = {} }: ReplayOptions,
  stacks?: Map<string, Stacks>,
): Promise<ReplayWorkerOptions> {
  const { interceptors, sinks = {}, bundlerOptions, plugins, dataConverter } = workerOptions;
  const bundle = await workflowCode({
    workflowsPath: workflowsPath === undefined ? undefined : resolve(workflowsPath),
    workflowInterceptorModules: [...(interceptors?.workflowModules ?? []), ...(stacks ? [CALL_STACKS] : [])],
    payloadConverterPath: dataConverter?.payloadConverterPath,
    failureConverterPath: dataConverter?.failureConverterPath,
    bundlerOptions,
    plugins,
  });
  const called = (info: WorkflowInfo, kind: string, seq: number, stack: string): void => {
    const run = `${info.workflowId} ${info.runId}`;
    const calls: Stacks = stacks?.get(run) ?? new Map<string, string>();
    stacks?.set(run, calls.set(`${kind} ${seq}`, stack));
  };
  return {
    workflowBundle: bundle,
    // What all workflows share is frozen, and how deep stacks are is part of that.
    ...(stacks && { reuseV8Context: false }),
    sinks: stacks ? { ...sinks, perdureReplay: { called: { fn: called, callDuringReplay: true } } } : sinks,
    ...(dataConverter && { dataConverter }),
  };
}
