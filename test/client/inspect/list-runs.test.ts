import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { formatCursor } from '../../../src/client/inspect/cursor.ts';
import type { RunsOptions } from '../../../src/client/inspect/list-runs.ts';
import type { Perdure } from '../../../src/client/perdure.ts';
import type { EngineConfig } from '../../../src/engines/config.ts';
import { ConfigurationError } from '../../../src/engine/index.ts';

const redis = process.env['PERDURE_TEST_REDIS_URL'];
const temporal = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];

const ENGINES: readonly (readonly [string, EngineConfig | undefined])[] = [
  ['memory', { type: 'embedded', memory: true }],
  ['Redis', redis === undefined ? undefined : { type: 'bullmq', redis: { url: redis } }],
  ['Temporal', temporal === undefined ? undefined : { type: 'temporal', connection: { address: temporal } }],
];

async function idsOf(perdure: Perdure, options: RunsOptions): Promise<string[]> {
  return (await perdure.listRuns(options)).runs.map(({ id }) => id);
}

async function pagesOf(
  perdure: Perdure,
  options: RunsOptions,
  meanwhile?: () => Promise<unknown>,
): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await perdure.listRuns({ ...options, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page.runs.map(({ id }) => id));
    ({ cursor } = page);
    await meanwhile?.();
  } while (cursor !== undefined);
  return pages;
}

describe.each(ENGINES.filter(([, config]) => config !== undefined))('lists of runs on %s', (_name, config) => {
  it('are given page by page, newest first, whatever is started and ended meanwhile', async () => {
    const perdure = await connect({ engine: config as EngineConfig, taskQueue: randomUUID() });
    const tenant = `${randomUUID()}~`;
    try {
      const started: string[] = [];
      const start = async (): Promise<void> => {
        const { id } = await perdure.start('main', { input: 'Hi', id: `${tenant}${started.length}` });
        started.unshift(id);
        // Runs of one millisecond would be in the order of their ids.
        for (const now = Date.now(); Date.now() === now;) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      for (let count = 0; count < 12; count++) await start();
      await listed(perdure, { idPrefix: tenant }, 12);
      const before = [...started];
      // Servers may list those that have ended in another order, after the open ones.
      for (const id of [started[2], started[9], started[5]]) await perdure.run(id ?? '').abort();
      await listed(perdure, { idPrefix: tenant, status: 'terminated' }, 3);

      const pages = await pagesOf(perdure, { idPrefix: tenant, limit: 5 }, async () => {
        await start();
        if (started.length === 14) await perdure.run(before[11] ?? '').abort();
      });
      expect(pages.map(({ length }) => length)).toEqual([5, 5, 2]);
      expect(pages.flat()).toEqual(before);

      await listed(perdure, { idPrefix: tenant }, 15);
      const ended = [2, 5, 9, 11].map((index) => before[index] ?? '');
      await expect(idsOf(perdure, { idPrefix: tenant, status: ['terminated', 'failed'] })).resolves.toEqual(ended);
      await expect(idsOf(perdure, { idPrefix: tenant, status: ['terminated', 'paused'] })).resolves.toEqual(ended);
      await expect(idsOf(perdure, { idPrefix: tenant, status: 'completed' })).resolves.toEqual([]);
      await expect(idsOf(perdure, { idPrefix: tenant, agent: 'other' })).resolves.toEqual([]);
      await expect(idsOf(perdure, { idPrefix: tenant, agent: 'main' })).resolves.toEqual(started);
      await expect(idsOf(perdure, { idPrefix: tenant.toUpperCase() })).resolves.toEqual([]);
      await expect(idsOf(perdure, { idPrefix: `${tenant.slice(0, 4)}%` })).resolves.toEqual([]);
      const { runs } = await perdure.listRuns({ idPrefix: tenant });
      const time = runs[6]?.startedAt ?? new Date();
      const newer = runs.filter(({ startedAt }) => startedAt >= time).map(({ id }) => id);
      await expect(idsOf(perdure, { idPrefix: tenant, startedAfter: time })).resolves.toEqual(newer);
      await expect(idsOf(perdure, { idPrefix: tenant, startedBefore: time.toISOString() })).resolves.toEqual(
        started.slice(newer.length),
      );
      for (const id of started) await perdure.run(id).abort();
    } finally {
      await perdure.close();
    }
  }, 60_000);
});

describe('lists of runs', () => {
  it('refuse what makes no sense, and say what would', async () => {
    const perdure = await connect({ engine: { type: 'embedded', memory: true } });
    const forged = [
      'x',
      '',
      Buffer.from('{}').toString('base64url'),
      Buffer.from('["a"]').toString('base64url'),
      Buffer.from('[1,2]').toString('base64url'),
      Buffer.from('[1e300]').toString('base64url'),
      formatCursor({ before: Number.MAX_SAFE_INTEGER }),
    ];
    for (const cursor of forged) {
      await expect(perdure.listRuns({ cursor }), cursor).rejects.toMatchObject({ path: 'cursor' });
    }
    for (const limit of [0, -1, 1.5, Number.NaN, 1001]) {
      await expect(perdure.listRuns({ limit })).rejects.toMatchObject({ path: 'limit' });
    }
    await expect(perdure.listRuns({ status: [] })).rejects.toThrow(ConfigurationError);
    await expect(perdure.listRuns({ status: JSON.parse('["nonsense"]') as [] })).rejects.toThrow(/'nonsense'/);
    await expect(perdure.listRuns({ startedAfter: 'yesterday' })).rejects.toMatchObject({ path: 'startedAfter' });
    await perdure.close();
  });

  it('give every run of a moment once, also when many begin in the same millisecond', async () => {
    const perdure = await connect({ engine: { type: 'embedded', memory: true } });
    await Promise.all(Array.from({ length: 40 }, async () => await perdure.start('main', { input: 'Hi' })));
    const pages = await pagesOf(perdure, { limit: 3 });
    expect(new Set(pages.flat()).size).toBe(40);
    expect(pages.flat()).toHaveLength(40);
    await perdure.close();
  });
});

async function listed(perdure: Perdure, options: RunsOptions, count: number): Promise<void> {
  while ((await perdure.listRuns(options)).runs.length < count) await new Promise((resolve) => setTimeout(resolve, 50));
}
