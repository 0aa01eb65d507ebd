import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { KEYS, useHttpWorld } from './world.ts';

const NAMES = [
  '../../etc/passwd',
  '..%2f..',
  '__proto__',
  'constructor.prototype',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '\u202Eabc',
  'e\u0301',
  '👩‍👩‍👧‍👦',
  'a b\tc',
  '%',
  '%00',
  '\\',
  'null',
  '${7*7}',
  '{{7*7}}',
  '*',
  '?',
  '#',
  'a/b//c/',
  '.',
  'x'.repeat(1001),
  '\u0000',
  '\uD800',
];

describe('what nobody should send', () => {
  const world = useHttpWorld({ type: 'embedded', memory: true }, { limits: { requestsPerMinute: 100_000 } });
  const ROUTES = [
    ['GET', (name: string) => `/api/runs/${name}/events`],
    ['GET', (name: string) => `/api/runs/${name}/events?encoding=${name}&tokens=${name}`],
    ['GET', (name: string) => `/api/runs/${name}/data/${name}`],
    ['GET', (name: string) => `/api/agents/${name}`],
    ['GET', (name: string) => `/api/agents/echo/chat/${name}/stream`],
    ['GET', (name: string) => `/api/inbox?run=${name}&agent=${name}`],
    ['GET', (name: string) => `/api/inbox?cursor=${name}&limit=${name}`],
  ] as const;

  it('is answered, and never by 500', async () => {
    const { ask } = world();
    for (const [method, path] of ROUTES) {
      for (const name of NAMES) {
        const { status, body } = await ask(method, path(encodeURIComponent(name.toWellFormed())));
        expect([path(name), status < 500 || body.code === 'NO_DATA']).toEqual([path(name), true]);
      }
      // Not percent-encoded, or wrongly.
      for (const name of ['%', '%zz', '%c0%af', '%ff', '%ed%a0%80']) {
        const { status, body } = await ask(method, path(name));
        expect([path(name), status < 500 || body.code === 'NO_DATA']).toEqual([path(name), true]);
      }
    }
  });

  it('as a chat is refused, or said as it is', async () => {
    const { ask } = world();
    const message = (text: unknown) => ({ role: 'user', parts: [{ type: 'text', text }] });
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    for (const body of [
      {},
      [],
      'null',
      `{"id":"x","messages":${deep}}`,
      '{"id":"x","messages":[{"role":"user","__proto__":{"parts":[]}}]}',
      { id: 'x', messages: [message({ toString: 1 })] },
      { id: '', messages: [message('Hi')] },
      { id: 'x'.repeat(901), messages: [message('Hi')] },
      { id: 'x', messages: [message('x'.repeat(1_100_000))] },
      { id: 'x', messages: [{ role: 'root', parts: [] }] },
      { id: 'x', messages: [{ role: 'user', parts: [{ type: 'file', mediaType: 'a/b', url: 'file:///etc/passwd' }] }] },
      { id: 'x', messages: [{ role: 'assistant', parts: [{ state: 'approval-responded', type: 'a', approval: 1 }] }] },
    ]) {
      const { status } = await ask('POST', '/api/agents/echo/chat', body);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    const id = `naughty-${randomUUID()}`;
    const { status, body } = await ask('POST', '/api/agents/echo/chat', { id, messages: [message('\u202E<b>\n\n')] });
    expect(status).toBe(200);
    expect(body).toContain('data: [DONE]');
  });

  it('is told what is wrong with it, in few words', async () => {
    const keys = (count: number): string => Array.from({ length: count }, (_, at) => `"k${at}":1`).join(',');
    const ones = `[${'1,'.repeat(400_000)}1]`;
    for (const [path, body] of [
      ['/api/agents/echo/chat', `{"id":"x","messages":${ones}}`],
      ['/api/agents/echo/chat', `{"id":"x","messages":[{"role":"user","parts":${ones}}]}`],
      ['/api/runs', `{"agent":"typed","input":{"order":1,${keys(50_000)}}}`],
      ['/api/runs', `{"agent":"echo","input":"x",${keys(50_000)}}`],
      ['/api/runs', `{"agent":"echo","input":"x","${'k'.repeat(500_000)}":1}`],
    ] as const) {
      const { status, body: problem } = await world().ask('POST', path, body);
      expect([path, status, problem.code]).toEqual([path, 422, 'INVALID_REQUEST']);
      expect(JSON.stringify(problem).length).toBeLessThan(20_000);
    }
  });

  it('does not hold up others when a client does not read', { timeout: 120_000 }, async () => {
    const { perdure, server, ask } = world();
    // More than sockets hold on to by themselves.
    const input = 'x'.repeat(500_000);
    const run = await perdure.start('asker', { id: `large-${randomUUID()}`, input });
    for (let index = 0; index < 10; index++) await run.steer(`${index} ${input}`);
    const sockets = Array.from({ length: 5 }, () => {
      const socket = connect(server.port, '127.0.0.1');
      socket.pause();
      const lines = [
        `GET /api/runs/${run.id}/events HTTP/1.1`,
        'Host: localhost',
        `Authorization: Bearer ${KEYS.viewer.key}`,
      ];
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      return socket;
    });
    const open = async (count: number): Promise<void> =>
      await vi.waitFor(
        async () => expect((await ask('GET', '/metrics')).body).toContain(`perdure_http_open_streams ${count}\n`),
        { timeout: 50_000, interval: 500 },
      );
    await open(5);
    const response = await ask('GET', `/api/runs/${run.id}`);
    expect(response.status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await open(0);
    await run.abort();
  });
});
