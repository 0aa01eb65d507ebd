import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunHistory } from './histories.ts';
import { normaliseHistories, withoutStickiness } from './normalise.ts';
import type { JsonObject, NormalHistory } from './normalise.ts';
import type { Scenario } from './scenario.ts';
import type { ConformanceTarget } from './target.ts';

/** Compares histories with those that the real server wrote, or (`update`) records them. */
export async function compareWithGolden(
  target: ConformanceTarget,
  scenario: Scenario,
  unique: string,
  histories: readonly RunHistory[],
  update: boolean,
): Promise<void> {
  const compare = scenario.history?.compare;
  if (compare === 'none') return;
  const particulars = { unique, namespace: target.namespace, numberUuids: compare !== 'unordered' };
  const actual = normaliseHistories(histories, particulars);
  if (update) {
    if (!target.reference || !target.cached)
      throw new Error(`Golden histories are recorded from the real server, not from ${target.name}`);
    return await write(scenario, actual);
  }
  const prepare = (some: readonly NormalHistory[]): unknown => {
    const plain = target.cached ? some : withoutStickiness(some);
    return compare === 'unordered' ? plain.map(asSet) : plain;
  };
  assert.deepEqual(prepare(actual), prepare(await read(scenario)), `Histories differ from golden/${scenario.id}.jsonl`);
}

/** Events without their place: sorted, without ids and references. */
function asSet({ workflowId, runId, events }: NormalHistory): unknown {
  const strip = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(strip);
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !/[eE]ventId$/.test(key))
        .map(([key, inner]) => [key, strip(inner)]),
    );
  };
  return { workflowId, runId, events: events.map((event: JsonObject) => JSON.stringify(strip(event))).toSorted() };
}

/** A line for each run, followed by a line for each of its events. */
function path(scenario: Scenario): string {
  return fileURLToPath(new URL(`./golden/${scenario.id}.jsonl`, import.meta.url));
}

async function write(scenario: Scenario, histories: readonly NormalHistory[]): Promise<void> {
  await mkdir(dirname(path(scenario)), { recursive: true });
  const lines = histories.flatMap(({ events, ...run }) => [run, ...events]);
  await writeFile(path(scenario), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

async function read(scenario: Scenario): Promise<NormalHistory[]> {
  const histories: { workflowId: string; runId: string; events: JsonObject[] }[] = [];
  for (const line of (await readFile(path(scenario), 'utf8')).trimEnd().split('\n').filter(Boolean)) {
    const value = JSON.parse(line) as JsonObject;
    if ('eventId' in value) histories.at(-1)?.events.push(value);
    else histories.push({ ...(value as unknown as { workflowId: string; runId: string }), events: [] });
  }
  return histories;
}
