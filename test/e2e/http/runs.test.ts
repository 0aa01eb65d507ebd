import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ENGINES, useHttpWorld } from './world.ts';

describe.each(ENGINES.filter(([, isThere]) => isThere))('runs over HTTP on %s', (_name, _isThere, config) => {
  const world = useHttpWorld(config);

  it('are read', async () => {
    const { perdure, ask } = world();
    const id = `read-${randomUUID()}`;
    const run = await perdure.start('echo', { id, input: 'Hi' });
    await run.result();
    const { status, body } = await ask('GET', `/api/runs/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, agent: 'echo', status: 'completed', waits: [], result: { finish: 'complete' } });
    expect(body.result.output).toContain('Hi');
    const head = await ask('HEAD', `/api/runs/${id}`);
    expect([head.status, head.body]).toEqual([200, '']);
  });

  it('are not found', async () => {
    const { status, headers, body } = await world().ask('GET', '/api/runs/no%2Fsuch~run%20%E2%9C%93');
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({ code: 'RUN_NOT_FOUND', status: 404, type: 'urn:perdure:problem:run-not-found' });
    expect(body.detail).toContain("'no/such~run ✓'");
  });
});
