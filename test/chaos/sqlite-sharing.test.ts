import { setTimeout as delay } from 'node:timers/promises';
import { createEmbeddedEngine } from 'perdure/embedded';
import { describe, expect, test } from 'vitest';
import { readOwner } from '../../src/engines/embedded/owner.ts';
import { randomFrom } from './support/random.ts';
import { report } from './support/report.ts';
import { createScene, finish, inspect, settled } from './support/scene.ts';
import { KILLS, SEED, TIMEOUT } from './support/sizes.ts';
import { useBundle } from './support/use-bundle.ts';

/** Take-overs and orderly ends that are tried. */
const ROUNDS = KILLS;
/** So long that nobody waits for it: what was given out must not get lost. */
const PATIENT = 3_600_000;

const bundle = useBundle();

describe.concurrent('processes that share a file', () => {
  test(
    'owner, worker, client and one that only looks on: the first two are killed',
    { timeout: TIMEOUT },
    async (context) => {
      const scene = createScene(bundle.path, context.onTestFinished);
      const owner = scene.start({ worker: false });
      await owner.ready();
      expect(readOwner(scene.path)?.pid).toBe(owner.pid);
      const worker = scene.start();
      const web = scene.start({ worker: false });
      const engine = await createEmbeddedEngine({ path: scene.path });
      const { client } = engine;
      for (let i = 0; i < 3; i++) scene.drive({ client });
      await scene.driven[0]?.started;
      await Promise.all([worker.ready(), web.ready()]);
      await delay(300);
      await owner.kill();
      for (let i = 0; i < 2; i++) scene.drive({ client });
      // Somebody answers again.
      await client.workflow.getHandle('run-0').describe();
      expect([worker.pid, web.pid, process.pid]).toContain(readOwner(scene.path)?.pid);
      await delay(300);
      await worker.kill();
      await Promise.all(scene.driven.map(({ started }) => started));
      expect([web.pid, process.pid]).toContain(readOwner(scene.path)?.pid);
      const next = scene.start();
      await settled({ ...scene, client });
      await engine.close();
      expect(await web.stop()).toBe(0);
      expect(await next.stop()).toBe(0);
      expect(owner.errors + worker.errors + web.errors + next.errors).toBe('');
      report('SQLite, owner and worker killed', { kills: 2, ...(await inspect(scene)) });
    },
  );

  test('owners with workers, killed one after the other', { timeout: TIMEOUT }, async (context) => {
    const scene = createScene(bundle.path, context.onTestFinished);
    const members = [scene.start(), scene.start()];
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(members.map((member) => member.ready()));
      scene.drive();
      await scene.driven.at(-1)?.started;
      await delay(300);
      const { pid } = readOwner(scene.path) ?? {};
      const owner = members.find((member) => member.pid === pid);
      expect(owner).toBeDefined();
      await owner?.kill();
      members.splice(members.indexOf(owner ?? scene.start()), 1, scene.start());
    }
    await settled(scene);
    // The last one was just started: before it is ready, a signal only ends it.
    await Promise.all(members.map((member) => member.ready()));
    expect(await Promise.all(members.map((member) => member.stop()))).toEqual([0, 0]);
    expect(members.map(({ errors }) => errors).join('')).toBe('');
    report('SQLite, owners killed one after the other', { kills: ROUNDS, ...(await inspect(scene)) });
  });

  test.for([true, false])(
    'a worker that is told to stop leaves nothing behind (owner: %s)',
    { timeout: TIMEOUT },
    async (isOwner, context) => {
      const scene = createScene(bundle.path, context.onTestFinished);
      const random = randomFrom(SEED);
      const owner = isOwner ? undefined : scene.start({ worker: false });
      await owner?.ready();
      for (let round = 0; round < ROUNDS; round++) {
        const member = scene.start();
        scene.drive({ stepTimeout: PATIENT });
        await member.ready();
        await scene.driven.at(-1)?.started;
        await delay(random() * 1000);
        expect(await member.stop()).toBe(0);
        expect(member.output).toContain('closed');
        expect(member.errors).toBe('');
      }
      const audited = await finishWith(owner);
      // Only the steps that fail at first were run twice.
      expect(audited.repeated).toBe(scene.driven.length * 2);
      report(`SQLite, workers stopped (owner: ${isOwner})`, { stops: ROUNDS, ...audited });

      async function finishWith(process: typeof owner) {
        if (process === undefined) return await finish(scene);
        const last = scene.start();
        await settled(scene);
        // In either order: a process that only connects, or serves, ends as told.
        expect(await process.stop()).toBe(0);
        expect(await last.stop()).toBe(0);
        expect(process.errors + last.errors).toBe('');
        return await inspect(scene);
      }
    },
  );
});
