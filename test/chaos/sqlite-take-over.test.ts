import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { readOwner } from '../../src/engines/embedded/owner.ts';
import { SqliteStore } from '../../src/engines/embedded/sqlite-store.ts';
import { exampleRecord } from '../../testing/conformance/store/examples.ts';
import { report } from './support/report.ts';
import { scaled, TIMEOUT } from './support/sizes.ts';

const MEMBER = fileURLToPath(new URL('shared-member.ts', import.meta.url));
const KILLS = scaled(200);

class Member {
  readonly run: string;
  output = '';
  errors = '';
  readonly #process: ChildProcess;

  constructor(path: string, run: string) {
    this.run = run;
    this.#process = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MEMBER, path, run], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  get acknowledged(): readonly string[] {
    const lines = this.output.split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith('done ')).map((line) => line.split(' ')[2] ?? '');
  }

  get role(): string | undefined {
    return this.output.match(/^(owner|connected|waiting)$/gm)?.at(-1);
  }

  async kill(): Promise<void> {
    const closed = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await closed;
  }
}

test(
  'owners that are killed are followed by another, and nothing acknowledged is lost',
  { timeout: TIMEOUT },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'perdure-take-over-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const path = join(directory, 'perdure.db');
    const members: Member[] = [];
    const killAll = async (): Promise<void> => {
      await Promise.all(members.filter(({ isAlive }) => isAlive).map((member) => member.kill()));
    };
    onTestFinished(killAll);
    const start = (): number => members.push(new Member(path, `run-${members.length}`));
    for (let i = 0; i < 3; i++) start();
    for (let kill = 0; kill < KILLS; kill++) {
      await progress(members);
      const alive = members.filter(({ isAlive }) => isAlive);
      expect(alive.map(({ role }) => String(role)).toSorted()).toEqual(['connected', 'connected', 'owner']);
      const owner = alive.find(({ pid }) => pid === readOwner(path)?.pid);
      expect(owner?.role).toBe('owner');
      await owner?.kill();
      start();
    }
    await progress(members);
    await killAll();
    expect(members.map(({ errors }) => errors).join('')).toBe('');
    const store = await SqliteStore.open(path);
    for (const { run, acknowledged } of members) {
      const stored = await store.load(exampleRecord(run));
      const missing = acknowledged.filter((id) => stored?.record.requestIds.has(id) !== true);
      expect(missing).toEqual([]);
      const events = await store.readHistory(exampleRecord(run), 1);
      const written = events.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName);
      expect(written).toEqual(Array.from(stored?.record.requestIds ?? []));
      // At most the one that was under way when the process was killed is there besides.
      expect(written.length - acknowledged.length).toBeLessThanOrEqual(1);
    }
    await store.close();
    report('SQLite, owners killed who only write', { kills: KILLS });
  },
);

/** Waits until all members alive have had more signals acknowledged since now. */
async function progress(members: readonly Member[]): Promise<void> {
  const before = members.map(({ acknowledged }) => acknowledged.length);
  await expect
    .poll(() => members.every((member, i) => !member.isAlive || member.acknowledged.length >= (before[i] ?? 0) + 20), {
      timeout: 60_000,
      interval: 20,
    })
    .toBe(true);
}
