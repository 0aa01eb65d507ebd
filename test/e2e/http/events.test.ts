import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { createApi, createApiKey } from 'perdure/http';
import type { RunEvent } from '../../../src/client/events/event.ts';
import { allMessages, messagesIn, openEvents } from './sse.ts';
import { ENGINES, useHttpWorld } from './world.ts';

const asked = async (perdure: ReturnType<ReturnType<typeof useHttpWorld>>['perdure'], id: string): Promise<void> =>
  await vi.waitFor(async () => expect((await perdure.run(id).pending()).length).toBe(1), { timeout: 20_000 });

describe.each(ENGINES.filter(([, isThere]) => isThere))('events over HTTP on %s', (_name, _isThere, config) => {
  const world = useHttpWorld(config, { limits: { streams: 3, requestsPerMinute: 10_000 } });

  it('are sent with their ids while they happen, until the run has ended', async () => {
    const { perdure, server } = world();
    const id = `events/${randomUUID()}`;
    const run = await perdure.start('asker', { id, input: 'Hi' });
    const response = await openEvents(server.url, `/api/runs/${encodeURIComponent(id)}/events`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const seen: RunEvent[] = [];
    for await (const { id: eventId, data } of messagesIn(response)) {
      expect(eventId).toBe(data.id);
      seen.push(data as RunEvent);
      if (data.type === 'input_requested') await run.reply('42');
    }
    const events: RunEvent[] = [];
    for await (const event of run.events()) events.push(event);
    expect(seen).toEqual(events);
    expect(seen.at(-1)?.type).toBe('run_completed');
  });

  it('go on after any of them without a gap, and stop a client that has all', async () => {
    const { perdure, server } = world();
    const id = `resumed-${randomUUID()}`;
    const run = await perdure.start('asker', { id, input: 'Hi' });
    await asked(perdure, id);
    await run.reply('42');
    await run.result();
    const path = `/api/runs/${id}/events`;
    const all = await allMessages(await openEvents(server.url, path));
    for (const [index, { id: last = '' }] of all.entries()) {
      const headers = { 'last-event-id': last };
      const response = await openEvents(server.url, path, { headers });
      expect(response.status).toBe(index === all.length - 1 ? 204 : 200);
      await expect(allMessages(response)).resolves.toEqual(all.slice(index + 1));
      const query = await openEvents(server.url, `${path}?from=${encodeURIComponent(last)}`);
      await expect(allMessages(query)).resolves.toEqual(all.slice(index + 1));
    }
  });

  it('are all there for a client whose connection is cut after each of them', async () => {
    const { perdure, server } = world();
    const id = `cut-${randomUUID()}`;
    const run = await perdure.start('asker', { id, input: 'Hi' });
    const seen: string[] = [];
    for (let isOpen = true; isOpen;) {
      const headers: Record<string, string> = seen.length === 0 ? {} : { 'last-event-id': seen.at(-1) ?? '' };
      const cut = new AbortController();
      const response = await openEvents(server.url, `/api/runs/${id}/events`, { headers, signal: cut.signal });
      isOpen = response.status === 200;
      for await (const { id: eventId = '', data } of messagesIn(response)) {
        seen.push(eventId);
        if (data.type === 'input_requested') await run.reply('42');
        break;
      }
      cut.abort();
    }
    const ids: string[] = [];
    for await (const event of run.events()) ids.push(event.id);
    expect(seen).toEqual(ids);
  });

  it('are lines of JSON for those who like that better', async () => {
    const { perdure, server } = world();
    const run = await perdure.start('echo', { id: `lines-${randomUUID()}`, input: 'Hi' });
    await run.result();
    const response = await openEvents(server.url, `/api/runs/${run.id}/events`, {
      headers: { accept: 'application/jsonl' },
    });
    expect(response.headers.get('content-type')).toContain('application/jsonl');
    const lines = (await response.text()).split('\n').filter((line) => line !== '');
    expect(lines.map((line) => (JSON.parse(line) as RunEvent).type)).toEqual([
      'run_started',
      'agent_resolved',
      'model_called',
      'model_responded',
      'run_completed',
    ]);
  });

  it('are not sent after a position that there is not', async () => {
    const { perdure, server } = world();
    const [one, other] = await Promise.all(
      ['one', 'other'].map((name) => perdure.start('echo', { id: `${name}-${randomUUID()}`, input: 'Hi' })),
    );
    await Promise.all([one?.result(), other?.result()]);
    const foreign = (await allMessages(await openEvents(server.url, `/api/runs/${other?.id}/events`))).at(2)?.id ?? '';
    for (const forged of [foreign, '1', '0.0.0.x', "1.1.0.' OR 1=1", '9'.repeat(400), '1.2.0.__proto__']) {
      const headers = { 'last-event-id': forged };
      const response = await openEvents(server.url, `/api/runs/${one?.id}/events`, { headers });
      expect([forged, response.status]).toEqual([forged, 400]);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      await expect(response.json()).resolves.toMatchObject({ code: 'UNKNOWN_EVENT' });
    }
    expect((await openEvents(server.url, '/api/runs/nobody/events')).status).toBe(404);
  });

  it('of another tenant do not exist, and one’s own have one’s own ids', async () => {
    const { perdure, server } = world();
    const name = `mine-${randomUUID()}`;
    const run = await perdure.start('boss', { id: `acme~${name}`, input: 'Hi' });
    await asked(perdure, run.id);
    await run.reply('42');
    await run.result();
    const response = await openEvents(server.url, `/api/runs/${name}/events`, { who: 'acme' });
    const text = JSON.stringify(await allMessages(response));
    expect(text).not.toContain('acme~');
    expect(text).toContain(`"workflowId":"${name}/s1.1.asker"`);
    for (const id of [name, `acme~${name}`, run.id]) {
      expect((await openEvents(server.url, `/api/runs/${id}/events`, { who: 'beta' })).status).toBe(404);
    }
  });

  it('are streamed no longer than the credential is good for', async () => {
    const { perdure } = world();
    const run = await perdure.start('asker', { id: `late-${randomUUID()}`, input: 'Hi' });
    await asked(perdure, run.id);
    const expiresAt = new Date(Date.now() + 5000).toISOString();
    const { key, record } = createApiKey({ id: 'short', role: 'viewer', expiresAt });
    const api = createApi({ perdure, auth: { keys: [record] } });
    const headers = { authorization: `Bearer ${key}` };
    const ask = async () => await api.fetch(new Request(`http://localhost/api/runs/${run.id}/events`, { headers }));
    const stream = await ask();
    expect(stream.status).toBe(200);
    // Ends, although the run goes on.
    expect(await stream.text()).toContain('input_requested');
    expect((await ask()).status).toBe(401);
    await api.close();
  });

  it('are streamed to so many at once, and what a client has left is free again', async () => {
    const { perdure, server, ask } = world();
    const run = await perdure.start('asker', { id: `many-${randomUUID()}`, input: 'Hi' });
    await asked(perdure, run.id);
    const path = `/api/runs/${run.id}/events`;
    const cuts = [1, 2, 3].map(() => new AbortController());
    const open = await Promise.all(cuts.map(({ signal }) => openEvents(server.url, path, { who: 'viewer', signal })));
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = await openEvents(server.url, path, { who: 'viewer' });
    expect(refused.status).toBe(429);
    await expect(refused.json()).resolves.toMatchObject({ code: 'TOO_MANY_STREAMS' });
    expect(refused.headers.get('retry-after')).toBe('5');
    const other = new AbortController();
    expect((await openEvents(server.url, path, { who: 'operator', signal: other.signal })).status).toBe(200);
    await expect(ask('GET', '/metrics')).resolves.toMatchObject({
      body: expect.stringContaining('perdure_http_open_streams 4\n'),
    });
    // Nobody reads of this one.
    expect((await ask('HEAD', path, undefined, { who: 'beta' })).status).toBe(404);
    for (const cut of [...cuts, other]) cut.abort();
    await vi.waitFor(async () => {
      const { body } = await ask('GET', '/metrics');
      expect(body).toContain('perdure_http_open_streams 0\n');
    });
    expect((await ask('HEAD', path)).status).toBe(200);
    await expect(ask('GET', '/metrics')).resolves.toMatchObject({
      body: expect.stringContaining('perdure_http_open_streams 0\n'),
    });
    await run.reply('42');
  });
});
