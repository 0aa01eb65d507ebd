import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createEmbeddedEngine } from 'perdure/embedded';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { quiet } from '../conformance/targets/quiet.ts';
import type { KillPoint } from './fixtures/member-config.ts';
import { audit } from './support/audit.ts';
import { writeBundle } from './support/bundle.ts';
import { MemberProcess } from './support/process.ts';
import { randomFrom } from './support/random.ts';
import { remoteClient } from './support/remote.ts';
import { drive, type DrivenRun } from './support/workload.ts';

/** How many kills each test makes. Set `CHAOS_KILLS` for more. */
const KILLS = Number(process.env['CHAOS_KILLS'] ?? 4);
const SEED = Number(process.env['CHAOS_SEED'] ?? 1);
const TASK_QUEUE = 'chaos';
/** A run of the workload takes more commits than that; the later ones are met by the processes that resume it. */
const COMMITS = 45;
/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 120_000 + KILLS * 15_000;

let bundle: string;

beforeAll(async () => {
  quiet();
  const file = await writeBundle();
  bundle = file.path;
  return () => file.remove();
});

interface Scene {
  readonly path: string;
  readonly ledger: string;
  readonly commits: string;
  readonly driven: DrivenRun[];
  start(kill?: KillPoint): MemberProcess;
  drive(): void;
}

describe.concurrent('an engine with a worker, killed', () => {
  test('at random moments', { timeout: TIMEOUT }, async (context) => {
    const scene = createScene(context.onTestFinished);
    const random = randomFrom(SEED);
    for (let kill = 0; kill < KILLS; kill++) {
      const member = scene.start();
      scene.drive();
      // Some die while they start.
      if (kill % 4 === 3) await delay(random() * 1000);
      else {
        await member.ready();
        await delay(random() * 1500);
      }
      await member.kill();
      expect(member.errors).toBe('');
    }
    console.log(`${KILLS} kills at random moments:`, await finish(scene));
  });

  test.for(['before', 'after'] as const)('%s a commit', { timeout: TIMEOUT }, async (when, context) => {
    const scene = createScene(context.onTestFinished);
    for (let kill = 0; kill < KILLS; kill++) {
      // Spread over a run's commits; with as many kills as commits, each is hit.
      const commit = 1 + Math.floor((((kill + SEED / 2) % KILLS) / KILLS) * COMMITS);
      const member = scene.start({ when, commit });
      scene.drive();
      const { signal } = await member.exited;
      expect(member.errors).toBe('');
      expect(signal).toBe('SIGKILL');
    }
    console.log(`${KILLS} kills ${when} a commit:`, await finish(scene));
  });
});

function createScene(onFinished: typeof onTestFinished): Scene {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-chaos-'));
  const [path, ledger, commits] = ['perdure.db', 'ledger', 'commits'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const remote = remoteClient(path);
  const members: MemberProcess[] = [];
  const driven: DrivenRun[] = [];
  onFinished(async () => {
    remote.close();
    await Promise.all(members.filter(({ isAlive }) => isAlive).map((member) => member.kill()));
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    path,
    ledger,
    commits,
    driven,
    start: (kill) => {
      const member = new MemberProcess({ path, worker: { bundle, ledger, taskQueue: TASK_QUEUE }, kill, commits });
      members.push(member);
      return member;
    },
    drive: () => void driven.push(drive(remote.client, TASK_QUEUE, `run-${driven.length}`, 20)),
  };
}

/** Lets a last process finish what the others left, and looks at all of it. */
async function finish(scene: Scene): Promise<unknown> {
  const last = scene.start();
  await Promise.all(scene.driven.map(({ done }) => done));
  const remote = remoteClient(scene.path);
  await Promise.all(scene.driven.map(({ workflowId }) => remote.client.workflow.result(workflowId)));
  remote.close();
  expect(await last.stop()).toBe(0);
  expect(last.errors).toBe('');
  const engine = await createEmbeddedEngine({ path: scene.path });
  const audited = await audit(engine.client, scene.driven, { bundle, ledger: scene.ledger });
  expect(await engine.client.workflow.count("ExecutionStatus = 'Running'")).toMatchObject({ count: 0 });
  await engine.close();
  return audited;
}
