import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Keys } from '../../../src/engines/bullmq/keys.ts';
import { redisTurns } from '../../../src/engines/bullmq/turns.ts';

const url = process.env['PERDURE_TEST_REDIS_URL'];

describe.skipIf(url === undefined)('turns of a queue with a rate', () => {
  let clients: Redis[];
  beforeAll(() => {
    clients = [new Redis(url ?? ''), new Redis(url ?? '')];
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.quit()));
  });

  it('are those of all processes together', async () => {
    const keys = new Keys(`turns-${randomUUID()}`);
    const [first, second] = clients.map((client) => redisTurns(client, keys));
    const queue = { namespace: 'n', name: 'q', type: 'activity' } as const;
    // A second's worth at once, whoever asks; then one after another. A slow machine only makes waits shorter.
    expect([await first?.(queue, 0.01), await second?.(queue, 0.01)]).toEqual([0, expect.any(Number)]);
    expect(await first?.(queue, 0.01)).toBeGreaterThan(100_000);
    const other = { ...queue, name: 'other' };
    expect(await second?.(other, 2)).toBe(0);
    expect(await first?.(other, 2)).toBe(0);
  });

  it('are as long as the rate that is asked for, also those that another one left', async () => {
    const keys = new Keys(`turns-${randomUUID()}`);
    const [first, second] = clients.map((client) => redisTurns(client, keys));
    const queue = { namespace: 'n', name: 'q', type: 'activity' } as const;
    for (const turns of [first, second, first]) await turns?.(queue, 0.01);
    // Three turns of 100 s are three of 10 ms.
    expect(await second?.(queue, 100)).toBeLessThanOrEqual(30);
    expect(await first?.(queue, 0.01)).toBeGreaterThan(0);
  });

  it('are as far off as before when the clock of Redis is put back', async () => {
    const keys = new Keys(`turns-${randomUUID()}`);
    const [client] = clients;
    const turns = client && redisTurns(client, keys);
    const queue = { namespace: 'n', name: 'q', type: 'activity' } as const;
    expect(await turns?.(queue, 0.01)).toBe(0);
    const ahead = (Date.now() + 3_600_000) * 1000;
    await client?.set(keys.turn(queue), `${ahead + 100_000_000} ${ahead} 0.01`);
    expect(await turns?.(queue, 0.01)).toBe(100_000);
  });
});
