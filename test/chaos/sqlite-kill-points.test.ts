import { describe, expect, test } from 'vitest';
import { readOwner } from '../../src/engines/embedded/owner.ts';
import { useBundle } from './support/use-bundle.ts';
import { report } from './support/report.ts';
import { createScene, inspect, settled } from './support/scene.ts';
import { killPoints, TIMEOUT } from './support/sizes.ts';

const bundle = useBundle();

/** Who is killed: the owner of the file, which works itself while another worker waits to take it over; or a worker beside it. */
const victims = ['owner', 'worker'] as const;

describe.concurrent('killed right before or after a commit', () => {
  test.for(victims)('the %s', { timeout: TIMEOUT }, async (victim, context) => {
    const scene = createScene(bundle.path, context.onTestFinished);
    let owner = scene.start({ worker: victim === 'owner' });
    await owner.ready();
    let other = scene.start();
    await other.ready();
    const counts = { kills: 0, mixed: 0, agent: 0 };
    for (const [index, kind] of (['mixed', 'agent'] as const).entries()) {
      for (const point of killPoints(kind, 2 * index + victims.indexOf(victim))) {
        expect(readOwner(scene.path)?.pid).toBe(owner.pid);
        const target = victim === 'owner' ? owner : other;
        const { pid = 0 } = target;
        await owner.arm({ ...point, pid });
        scene.drive({ kind });
        const run = { ...scene, driven: scene.driven.slice(-1) };
        const isKilled = await Promise.race([target.exited.then(() => true), settled(run).then(() => false)]);
        // The run has fewer commits than that.
        if (!isKilled) break;
        counts.kills++;
        counts[kind] = point.commit;
        expect(target.errors).toBe('');
        expect(await target.exited).toMatchObject({ signal: 'SIGKILL' });
        const next = scene.start();
        await Promise.all([settled(run), next.ready()]);
        if (victim === 'owner') owner = other;
        other = next;
      }
    }
    expect(Math.min(counts.mixed, counts.agent)).toBeGreaterThan(0);
    for (const member of [other, owner]) {
      expect(await member.stop()).toBe(0);
      expect(member.errors).toBe('');
    }
    report(`SQLite, ${victim} killed at commits`, { ...counts, ...(await inspect(scene)) });
  });
});
