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
});
