import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { createEmbeddedEngine } from 'perdure/embedded';
import { expect } from 'vitest';
import type { KillPoint } from '../fixtures/member-config.ts';
import { audit, type Audited } from './audit.ts';
import { MemberProcess } from './process.ts';
import { remoteClient } from './remote.ts';
import { drive, type DrivenRun, type DriveOptions } from './workload.ts';

const TASK_QUEUE = 'chaos';

/** A file, the processes that share it, and the runs in it. */
export interface Scene {
  /** The database file. */
  readonly path: string;
  readonly ledger: string;
  readonly bundle: string;
  readonly driven: DrivenRun[];
  /** A client in this process that finds the owner, whoever that is, and never is it. */
  readonly client: Client;
  /** Starts a process; by default with a worker. */
  start(options?: { readonly worker?: boolean; readonly kill?: KillPoint }): MemberProcess;
  /** Starts a run and tells it what it waits for. */
  drive(options?: DriveOptions & { readonly client?: Client }): void;
}

/** Prepares a scene; everything is gone when the test is over. */
export function createScene(bundle: string, onFinished: (clean: () => Promise<void>) => void): Scene {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-chaos-'));
  const path = join(directory, 'perdure.db');
  const ledger = join(directory, 'ledger');
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
    bundle,
    driven,
    client: remote.client,
    start: ({ worker = true, kill } = {}) => {
      const member = new MemberProcess({
        path,
        kill,
        ...(worker ? { worker: { bundle, ledger, taskQueue: TASK_QUEUE } } : {}),
      });
      members.push(member);
      return member;
    },
    drive: ({ client = remote.client, ...options } = {}) =>
      void driven.push(drive(client, TASK_QUEUE, `run-${driven.length}`, options)),
  };
}

/** Waits until every run of a scene is over. */
export async function settled({ driven, client }: Scene): Promise<void> {
  await Promise.all(driven.map(({ done }) => done));
  await Promise.all(driven.map(({ workflowId }) => client.workflow.result(workflowId)));
}

/** Looks at what all processes have left; none of them lives any more. */
export async function inspect({ path, ledger, bundle, driven }: Scene): Promise<Audited> {
  const engine = await createEmbeddedEngine({ path });
  const audited = await audit(engine.client, driven, { bundle, ledger });
  const open = await engine.client.workflow.count("ExecutionStatus = 'Running'");
  expect(open.count).toBe(0);
  await engine.close();
  return audited;
}

/** Lets a last process finish what the others left, and looks at all of it. */
export async function finish(scene: Scene): Promise<Audited> {
  const last = scene.start();
  await settled(scene);
  expect(await last.stop()).toBe(0);
  expect(last.errors).toBe('');
  return await inspect(scene);
}
