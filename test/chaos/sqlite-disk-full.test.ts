import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createEmbeddedEngine } from 'perdure/embedded';
import { expect, onTestFinished, test } from 'vitest';
import { readOwner } from '../../src/engines/embedded/owner.ts';
import { connectSocket } from '../../src/engines/embedded/socket-client.ts';
import { ledgerActivities, openLedger } from './fixtures/ledger.ts';
import { audit } from './support/audit.ts';
import { report } from './support/report.ts';
import { TIMEOUT } from './support/sizes.ts';
import { startLarge } from './support/start-large.ts';
import { useBundle } from './support/use-bundle.ts';
import { drive } from './support/workload.ts';

// Programs of the system, where it has them: the test does without.
const [MOUNT, UNMOUNT] = ['mount', 'umount'] as const;
const TASK_QUEUE = 'full';

const bundle = useBundle();

test(
  'an engine on a full disk refuses, loses nothing, and goes on when there is room',
  { timeout: TIMEOUT },
  async ({ skip }) => {
    const disk = smallDisk('24m');
    skip(disk === undefined, 'mounting a small disk is not allowed here');
    if (disk === undefined) return;
    const elsewhere = mkdtempSync(join(tmpdir(), 'perdure-full-'));
    onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }));
    const [path, ledger] = [join(disk, 'perdure.db'), join(elsewhere, 'ledger')];
    const engine = await createEmbeddedEngine({ path });
    const { client } = engine;
    const worker = await engine.createWorker({
      taskQueue: TASK_QUEUE,
      workflowBundle: { codePath: bundle.path },
      activities: ledgerActivities(openLedger(ledger)),
      workflowThreadPoolSize: 1,
    });
    const audited = await worker.runUntil(async () => {
      const driven = Array.from({ length: 3 }, (_, i) => drive(client, TASK_QUEUE, `run-${i}`, { pause: 800 }));
      await Promise.all(driven.map(({ started }) => started));
      // They are in the middle of their work, with activities, timers and children.
      const giveRoom = fill(disk);
      // Until there is not even room for little.
      await startUntilRefused(path, 20_000);
      const refused = await startUntilRefused(path, 10);
      await delay(3000);
      // What is there can be read all the same.
      for (const { workflowId } of driven) {
        const description = client.workflow.getHandle(workflowId).describe();
        await expect(description).resolves.toMatchObject({ status: { name: 'RUNNING' } });
      }
      await expect(client.workflow.getHandle(refused).describe()).rejects.toThrow('not found');
      giveRoom();
      await Promise.all(driven.map(({ done }) => done));
      await Promise.all(driven.map(({ workflowId }) => client.workflow.result(workflowId)));
      return await audit(client, driven, { bundle: bundle.path, ledger });
    });
    await engine.close();
    report('SQLite, disk full for 3 s', { faults: 1, ...audited });
  },
);

/** Starts runs that nobody works on; the id of the first that was refused. */
async function startUntilRefused(path: string, bytes: number): Promise<string> {
  const { service, close } = await connectSocket(readOwner(path)?.socket ?? '');
  onTestFinished(close);
  for (let i = 0; i < 2000; i++) {
    const workflowId = `too-many-${bytes}-${i}`;
    const failure: unknown = await startLarge(service, workflowId, bytes).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) continue;
    expect(failure).toMatchObject({
      code: 14,
      details: expect.stringMatching(/^No room for .*perdure\.db.*make room/),
    });
    return workflowId;
  }
  throw new Error('the disk never was full');
}

/** Takes all room that is left; answers how to give it back. */
function fill(disk: string): () => void {
  const path = join(disk, 'filler');
  for (const size of [1 << 20, 1 << 12]) {
    for (;;) {
      try {
        appendFileSync(path, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        break;
      }
    }
  }
  return () => rmSync(path);
}

/** A file system of its own with little room, where this process may mount one. */
function smallDisk(size: string): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-disk-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { status } = spawnSync(MOUNT, ['-t', 'tmpfs', '-o', `size=${size}`, 'perdure-test', directory]);
  if (status !== 0) return undefined;
  onTestFinished(() => void spawnSync(UNMOUNT, ['-l', directory]));
  return directory;
}
