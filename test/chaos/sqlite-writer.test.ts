import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { toNumber } from '../../src/core/proto.ts';
import { SqliteStore } from '../../src/engines/embedded/sqlite-store.ts';
import { exampleRecord } from '../../testing/conformance/store/examples.ts';
import { randomFrom } from './support/random.ts';
import { report } from './support/report.ts';
import { scaled, TIMEOUT } from './support/sizes.ts';

const WRITER = fileURLToPath(new URL('sqlite-writer.ts', import.meta.url));
const PAIRS = 4;
const KILLS = scaled(400);
/** Most commits that a writer acknowledges before it is killed. */
const COMMITS = 24;

describe.concurrent('a writer that is killed at any moment', () => {
  test.for([1, 2])(
    'loses nothing that it acknowledged and leaves nothing half done (file %i)',
    { timeout: TIMEOUT },
    async (seed, context) => {
      const directory = mkdtempSync(join(tmpdir(), 'perdure-kill-'));
      // Tests that run at once have to say which of them is finished.
      context.onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const path = join(directory, 'perdure.db');
      const random = randomFrom(seed);
      let total = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        // One in four dies while it is starting, the others somewhere in their work.
        const commits = kill % 4 === 0 ? undefined : Math.ceil(random() * COMMITS);
        const acknowledged = await writeUntilKilled(path, commits, random());
        const store = await SqliteStore.open(path);
        for (let pair = 0; pair < PAIRS; pair++)
          total += await checkPair(store, `pair ${pair}`, acknowledged.get(pair) ?? 0);
        await store.close();
      }
      expect(total).toBeGreaterThan(KILLS);
      report(`SQLite, a writer killed (file ${seed})`, { kills: KILLS, checked: total });
    },
  );
});

/**
 * Runs a writer and kills it; returns the last acknowledged revision of each pair.
 * @param commits after which it is killed, wherever it is then; `undefined` to kill it while it is starting.
 */
async function writeUntilKilled(
  path: string,
  commits: number | undefined,
  random: number,
): Promise<Map<number, number>> {
  const writer = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WRITER, path, String(PAIRS)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  writer.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exit = once(writer, 'close');
  if (commits === undefined) {
    await delay(random * 250);
  } else {
    // The first line says that it is open. How fast it writes is the machine's business.
    let hasEnded = false;
    void exit.then(() => (hasEnded = true));
    while (!hasEnded && output.split('\n').length - 2 < commits)
      await Promise.race([once(writer.stdout, 'data'), exit]);
    await delay(random * 5);
  }
  writer.kill('SIGKILL');
  const [, signal] = (await exit) as [unknown, unknown];
  expect(errors).toBe('');
  expect(signal).toBe('SIGKILL');
  // The last line may be cut off: then it was not acknowledged.
  const lines = output.split('\n').slice(0, -1);
  return new Map(
    lines.filter((line) => line !== 'open').map((line) => line.split(' ').map(Number) as [number, number]),
  );
}

/** Checks both runs of a pair; returns their revision. */
async function checkPair(store: SqliteStore, name: string, acknowledged: number): Promise<number> {
  const left = await store.load(exampleRecord(`${name} left`));
  const revision = left?.revision ?? 0;
  expect(revision).toBeGreaterThanOrEqual(acknowledged);
  for (const side of ['left', 'right']) {
    const record = exampleRecord(`${name} ${side}`);
    const stored = await store.load(record);
    expect(stored?.revision ?? 0).toBe(revision);
    expect(stored?.record.signalCount ?? 0).toBe(revision);
    expect(await store.currentRunId('default', record.workflowId)).toBe(revision === 0 ? undefined : record.runId);
    const history = await store.readHistory(record, 1);
    expect(history.map(({ eventId }) => toNumber(eventId))).toEqual(
      Array.from({ length: revision * 2 }, (_, i) => i + 1),
    );
    for (const [index, event] of history.entries()) {
      const written = `${name} ${Math.floor(index / 2) + 1} `;
      expect(event.workflowExecutionSignaledEventAttributes?.signalName?.startsWith(written)).toBe(true);
    }
  }
  return revision;
}
