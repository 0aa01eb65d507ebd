import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { expect } from 'vitest';
import { Keys } from '../../../src/engines/bullmq/keys.ts';
import type { KillPoint, Place } from '../fixtures/member-config.ts';
import { openPlace } from '../fixtures/place.ts';
import { audit, type Audited } from './audit.ts';
import { MemberProcess } from './process.ts';
import { remoteClient } from './remote.ts';
import { watched } from './waiting.ts';
import { drive, type DrivenRun, type DriveOptions } from './workload.ts';

/** Where the workers of a scene work. */
export const TASK_QUEUE = 'chaos';

/** A place for runs, the processes that share it, and the runs in it. */
export interface Scene {
  readonly place: Place;
  readonly ledger: string;
  readonly bundle: string;
  readonly driven: DrivenRun[];
  /** All processes that were started. */
  readonly members: readonly MemberProcess[];
  /** A client in this process, which has no worker and never owns a file. */
  readonly client: Client;
  /** Starts a process; by default with a worker. */
  start(options?: { readonly worker?: boolean; readonly kill?: KillPoint }): MemberProcess;
  /** Starts a run and tells it what it waits for. */
  drive(options?: DriveOptions & { readonly client?: Client }): void;
}

type RedisPlace = Extract<Place, { readonly kind: 'redis' }>;

/** A scene in a Redis. */
export interface RedisScene extends Scene {
  readonly keys: Keys;
  readonly place: RedisPlace;
}

/** Adds what is to be done when a test is over; the last one first. */
type OnFinished = (clean: () => Promise<void>) => void;

/** Prepares a scene on a file; everything is gone when the test is over. */
export function createScene(bundle: string, onFinished: OnFinished): Scene & { readonly path: string } {
  const directory = temporaryDirectory(onFinished);
  const path = join(directory, 'perdure.db');
  const remote = remoteClient(path);
  onFinished(async () => remote.close());
  return { ...sceneAt({ kind: 'file', path }, remote.client, directory, bundle, onFinished), path };
}

/**
 * The same in a Redis, with keys of its own, which stay there.
 * @param members what is different for the processes, as where they find it.
 */
export async function createRedisScene(
  url: string,
  bundle: string,
  onFinished: OnFinished,
  members: Partial<RedisPlace> = {},
): Promise<RedisScene> {
  const place = { kind: 'redis', url, prefix: `chaos-${randomUUID()}` } as const;
  const directory = temporaryDirectory(onFinished);
  const engine = await openPlace(place);
  onFinished(() => engine.close());
  const scene = sceneAt(place, engine.client, directory, bundle, onFinished, { ...place, ...members });
  return { ...scene, place, keys: new Keys(place.prefix) };
}

function temporaryDirectory(onFinished: OnFinished): string {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-chaos-'));
  onFinished(async () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function sceneAt(
  place: Place,
  client: Client,
  directory: string,
  bundle: string,
  onFinished: OnFinished,
  membersPlace: Place = place,
): Scene {
  const ledger = join(directory, 'ledger');
  const members: MemberProcess[] = [];
  const driven: DrivenRun[] = [];
  onFinished(async () => {
    await Promise.all(members.filter(({ isAlive }) => isAlive).map((member) => member.kill()));
  });
  return {
    place,
    ledger,
    bundle,
    driven,
    members,
    client,
    start: ({ worker = true, kill } = {}) => {
      const member = new MemberProcess({
        place: membersPlace,
        kill,
        ...(worker ? { worker: { bundle, ledger, taskQueue: TASK_QUEUE } } : {}),
      });
      members.push(member);
      return member;
    },
    drive: ({ client: driver = client, ...options } = {}) =>
      void driven.push(drive(driver, TASK_QUEUE, `run-${driven.length}`, options)),
  };
}

/** Waits until every run of a scene is over. */
export async function settled({ driven, client }: Scene): Promise<void> {
  const over = driven.map(async ({ workflowId, done }) =>
    watched(
      client,
      workflowId,
      done.then(() => client.workflow.result(workflowId)),
    ),
  );
  await Promise.all(over);
}

/** Looks at what all processes have left; none of them lives any more. */
export async function inspect({ place, ledger, bundle, driven }: Scene): Promise<Audited> {
  const engine = await openPlace(place);
  const audited = await audit(engine.client, driven, { bundle, ledger });
  const open = await engine.client.workflow.count("ExecutionStatus = 'Running'");
  expect(open.count).toBe(0);
  await engine.close();
  return audited;
}

/** Lets a last process finish what the others left, which are killed where they still live, and looks at all of it. */
export async function finish(scene: Scene): Promise<Audited> {
  const last = scene.start();
  await last.ready();
  await Promise.all(scene.members.filter((member) => member !== last && member.isAlive).map((member) => member.kill()));
  await settled(scene);
  expect(await last.stop()).toBe(0);
  expect(last.errors).toBe('');
  const audited = await inspect(scene);
  // Whoever was killed did nothing afterwards.
  expect(audited.late).toBe(0);
  return audited;
}
