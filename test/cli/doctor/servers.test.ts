import { describe, expect, it, onTestFinished } from 'vitest';
import { checkData } from '../../../src/cli/doctor/checks/data.ts';
import { checkEngine } from '../../../src/cli/doctor/checks/engine.ts';
import { migrateWorkflowData } from '../../../src/data/index.ts';
import { makeDatabase, postgresUrl } from '../../data/support.ts';
import { hasRedisServer, RedisProcess } from '../../support/redis-process.ts';

describe.skipIf(!hasRedisServer)('Redis', () => {
  const look = async (...args: string[]) => {
    const redis = await RedisProcess.start({ args });
    onTestFinished(async () => await redis.stop());
    return await checkEngine({ type: 'bullmq', redis: redis.url }, {});
  };

  it('is well', async () => {
    expect(await look()).toMatchObject([
      {
        area: 'Redis',
        condition: 'ok',
        says: expect.stringMatching(/^\d+\.\d+\.\d+ at .*127\.0\.0\.1:\d+.*0 open runs/) as string,
      },
    ]);
  });

  it('drops keys', async () => {
    expect(await look('--maxmemory-policy', 'allkeys-lru')).toMatchObject([
      {
        condition: 'broken',
        says: expect.stringContaining('allkeys-lru') as string,
        fix: 'Set maxmemory-policy to noeviction.',
      },
    ]);
  });

  it('keeps no append-only file', async () => {
    expect(await look('--appendonly', 'no')).toMatchObject([
      { condition: 'ok' },
      { condition: 'warning', fix: expect.stringContaining('appendonly') as string },
    ]);
  });

  it('is not there, or refuses', async () => {
    const gone = await checkEngine({ type: 'bullmq', redis: 'redis://127.0.0.1:1' }, {});
    expect(gone).toMatchObject([{ condition: 'broken', fix: expect.stringContaining('redis-server') as string }]);
    const redis = await RedisProcess.start({ args: ['--requirepass', 'canary'], connection: { password: 'canary' } });
    onTestFinished(async () => await redis.stop());
    const refused = await checkEngine({ type: 'bullmq', redis: `redis://:wrong-canary@127.0.0.1:${redis.port}` }, {});
    expect(refused).toMatchObject([{ condition: 'broken', fix: expect.stringContaining('REDIS_URL') as string }]);
    expect(JSON.stringify(refused)).not.toContain('canary');
  });
});

describe.skipIf(postgresUrl === undefined)('PostgreSQL', () => {
  it('has no tables at first, then is well', async () => {
    const database = await makeDatabase();
    onTestFinished(async () => await database.drop());
    const before = await checkData({ PERDURE_DATA_URL: database.url });
    expect(before).toMatchObject([
      { condition: 'warning', fix: expect.stringContaining('migrateWorkflowData') as string },
    ]);
    await migrateWorkflowData({ url: database.url });
    expect(await checkData({ DATABASE_URL: database.url })).toMatchObject([{ condition: 'ok' }]);
  });

  it('refuses a role that may not read', async () => {
    const database = await makeDatabase();
    onTestFinished(async () => await database.drop());
    await migrateWorkflowData({ url: database.url });
    const role = `doctor_${Date.now()}`;
    await database.query(`create role ${role} login password 'canary'`);
    await database.query(`grant usage on schema perdure_data to ${role}`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'canary';
    const findings = await checkData({ PERDURE_DATA_URL: url.href });
    expect(findings).toMatchObject([{ condition: 'broken', fix: expect.any(String) as string }]);
    expect(JSON.stringify(findings)).not.toContain('canary');
    await database.query(`drop owned by ${role}; drop role ${role}`);
  });
});

describe('PostgreSQL that is not there', () => {
  it('is broken, without showing its password', { timeout: 60_000 }, async () => {
    const findings = await checkData({ PERDURE_DATA_URL: 'postgresql://user:canary@127.0.0.1:1/shop' });
    expect(findings).toMatchObject([{ condition: 'broken', fix: expect.any(String) as string }]);
    expect(JSON.stringify(findings)).not.toContain('canary');
    expect(await checkData({ PERDURE_DATA_URL: 'mysql://x' })).toMatchObject([{ condition: 'broken' }]);
    expect(await checkData({})).toMatchObject([{ condition: 'warning' }]);
  });
});
