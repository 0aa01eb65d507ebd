import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { readOwner } from '../../src/engines/embedded/owner.ts';
import { report } from './support/report.ts';
import { createScene, inspect, settled } from './support/scene.ts';
import { KILLS, TIMEOUT } from './support/sizes.ts';
import { useBundle } from './support/use-bundle.ts';

const bundle = useBundle();

/** Longer than a task of the workload may take. */
const LONG_MS = 3000;

describe.concurrent('processes on one file that stand still', () => {
  test('a worker, for longer than its tasks may take, while another goes on', { timeout: TIMEOUT }, async (context) => {
    const scene = createScene(bundle.path, context.onTestFinished);
    const owner = scene.start({ worker: false });
    await owner.ready();
    const workers = [scene.start(), scene.start()];
    await Promise.all(workers.map((worker) => worker.ready()));
    for (let i = 0; i < KILLS; i++) {
      scene.drive({ pause: 100 });
      await scene.driven.at(-1)?.started;
      await delay(200);
      workers[i % 2]?.suspend();
      await delay(LONG_MS);
      workers[i % 2]?.resume();
    }
    await settled(scene);
    for (const member of [...workers, owner]) {
      expect(await member.stop()).toBe(0);
      expect(member.errors).toBe('');
    }
    report('SQLite, a worker stood still', { stops: KILLS, ...(await inspect(scene)) });
  });

  test('the owner: nobody takes its place, and it goes on', { timeout: TIMEOUT }, async (context) => {
    const scene = createScene(bundle.path, context.onTestFinished);
    const owner = scene.start();
    await owner.ready();
    const other = scene.start();
    await other.ready();
    for (let i = 0; i < KILLS; i++) {
      scene.drive({ pause: 100 });
      await scene.driven.at(-1)?.started;
      await delay(200);
      owner.suspend();
      await delay(LONG_MS);
      expect(readOwner(scene.path)?.pid).toBe(owner.pid);
      owner.resume();
    }
    await settled(scene);
    for (const member of [other, owner]) {
      expect(await member.stop()).toBe(0);
      expect(member.errors).toBe('');
    }
    report('SQLite, the owner stood still', { stops: KILLS, ...(await inspect(scene)) });
  });

  test('an owner whose lock was taken away, right before a commit', { timeout: TIMEOUT }, async (context) => {
    const scene = createScene(bundle.path, context.onTestFinished);
    let [stops, refused] = [0, 0];
    const sleepers = [];
    for (; stops < KILLS; stops++) {
      const sleeper = scene.start();
      await sleeper.ready();
      await sleeper.arm({ when: 'before', commit: 5 + stops * 3, signal: 'SIGSTOP' });
      scene.drive();
      await sleeper.halted();
      // Nobody does such a thing but a person, or a file system that has lost its locks.
      rmSync(`${scene.path}.owner`, { recursive: true });
      const next = scene.start();
      await next.ready();
      expect(readOwner(scene.path)?.pid).toBe(next.pid);
      // It still thinks that it owns the file, with a commit under way.
      sleeper.resume();
      await settled(scene);
      expect(await sleeper.stop()).toBe(0);
      refused += sleeper.failed;
      expect(await next.stop()).toBe(0);
      sleepers.push(sleeper, next);
    }
    expect(refused).toBeGreaterThanOrEqual(stops);
    expect(sleepers.map(({ errors }) => errors).join('')).toBe('');
    report('SQLite, an owner whose lock was taken away', { stops, refused, ...(await inspect(scene)) });
  });
});
