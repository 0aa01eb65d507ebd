import { ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { describe, expect, test, vi } from 'vitest';
import { report } from './support/report.ts';
import { createRedisScene, createScene, TASK_QUEUE } from './support/scene.ts';
import type { Scene } from './support/scene.ts';
import { KILLS, TIMEOUT } from './support/sizes.ts';
import { useBundle } from './support/use-bundle.ts';

/** Times of a day long ago, of which each is to be started once: enough for all who die over them. */
const TIMES = Math.min(4 + 6 * KILLS, 144);
const at = (index: number): Date => new Date(Date.UTC(2020, 0, 1, 0, 10 * index));
const SCHEDULE = 'each-hour';

const url = process.env['PERDURE_TEST_REDIS_URL'] ?? '';
const bundle = useBundle();

describe.concurrent('a schedule whose workers are killed before and after commits starts each run once', () => {
  test('on a file', { timeout: TIMEOUT }, async (context) => {
    const scene = createScene(bundle.path, context.onTestFinished);
    const kills = await killAtCommits(scene, 1);
    report('schedule on a file', { kills, ...(await startedOnce(scene)) });
  });

  test.skipIf(url === '')('on Redis, two at work', { timeout: TIMEOUT }, async (context) => {
    const scene = await createRedisScene(url, bundle.path, context.onTestFinished);
    const kills = await killAtCommits(scene, 2);
    report('schedule on Redis', { kills, ...(await startedOnce(scene)) });
  });
});

/** Has processes die, some at a time, each somewhere among the commits of the schedule. @returns how many have. */
async function killAtCommits(scene: Scene, atOnce: number): Promise<number> {
  let created: Promise<unknown> | undefined;
  let kills = 0;
  for (let round = 0; round < KILLS; round++) {
    const members = Array.from({ length: atOnce }, (_, index) => {
      const when = (round + index) % 2 === 0 ? 'before' : 'after';
      return scene.start({ kill: { when, commit: 2 + ((3 * round) % 7) + index } });
    });
    created ??= createSchedule(scene.client);
    for (const member of members) {
      const { signal } = await member.exited;
      expect([member.errors, signal]).toEqual(['', 'SIGKILL']);
      kills++;
    }
  }
  const last = scene.start();
  await last.ready();
  await created;
  return kills;
}

async function createSchedule(client: Client): Promise<void> {
  await client.schedule.create({
    scheduleId: SCHEDULE,
    spec: {
      calendars: [{ year: 2020, month: 'JANUARY', dayOfMonth: 1, hour: '*', minute: { start: 0, end: 59, step: 10 } }],
    },
    action: { type: 'startWorkflow', workflowType: 'idle', taskQueue: TASK_QUEUE, workflowId: SCHEDULE },
    state: { backfill: [{ start: at(0), end: at(TIMES - 1), overlap: ScheduleOverlapPolicy.BUFFER_ALL }] },
  });
}

/** Waits until all is done, and counts. */
async function startedOnce({ client }: Scene): Promise<{ readonly started: number; readonly twice: number }> {
  const schedule = client.schedule.getHandle(SCHEDULE);
  const isDone = async (): Promise<void> => {
    const { info } = await schedule.describe();
    expect([info.numActionsTaken, info.runningActions]).toEqual([TIMES, []]);
  };
  await vi.waitFor(isDone, { timeout: TIMEOUT / 2, interval: 100 });
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list()) ids.push(workflowId);
  const expected = Array.from({ length: TIMES }, (_, index) => `${SCHEDULE}-${at(index).toISOString().slice(0, 19)}Z`);
  expect(ids.toSorted()).toEqual(expected);
  return { started: ids.length, twice: ids.length - new Set(ids).size };
}
