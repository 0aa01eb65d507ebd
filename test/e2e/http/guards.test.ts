import { connect as dial } from 'node:net';
import { once } from 'node:events';
import { request as nodeRequest } from 'node:http';
import { createApi, createApiKey, serveApi } from 'perdure/http';
import { describe, expect, it } from 'vitest';
import { asking, useHttpWorld } from './world.ts';

const memory = { type: 'embedded', memory: true } as const;

/** What a server answers to what is written to it. */
async function raw(port: number, text: string | Uint8Array): Promise<string> {
  const socket = dial(port, '127.0.0.1');
  socket.write(text);
  let answered = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answered += chunk));
  await once(socket, 'close');
  return answered;
}

describe('a body', () => {
  const world = useHttpWorld(memory, { limits: { bodyBytes: 10_000, bodyDepth: 20 } });
  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const { status, body: problem } = await world().ask('POST', '/api/runs', body, { headers });
    return [status, problem.code];
  };
  const start = (input: string): string => `{"agent":"echo","input":${input}}`;
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

  it('has a size', async () => {
    expect(await post(start(JSON.stringify('x'.repeat(20_000))))).toEqual([413, 'BODY_TOO_LARGE']);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.alloc(1000, 32)) });
    const response = await fetch(`${world().server.url}/api/runs`, {
      method: 'POST',
      body: endless,
      duplex: 'half',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await adminKey()}` },
    } as RequestInit).catch((error: Error) => error);
    // Whoever still sends may find the connection closed before it reads the answer.
    const outcome = response instanceof Response ? response.status : response.message;
    expect([413, 'fetch failed']).toContain(outcome);
    expect((await world().ask('GET', '/api/runs')).status).toBe(200);
  });

  it('has a depth', async () => {
    expect(await post(start(`[{"type":"text","text":"x","a":${nested(30)}}]`))).toEqual([400, 'BODY_TOO_DEEP']);
    expect(await post(start(JSON.stringify('[['.repeat(50))))).toEqual([202, undefined]);
    expect(await post(start(JSON.stringify('"\\"[['.repeat(50))))).toEqual([202, undefined]);
  });

  it('is JSON in UTF-8, and nothing else', async () => {
    const bytes = (text: string, ...more: number[]): Uint8Array =>
      Buffer.concat([Buffer.from(text), Buffer.from(more)]);
    expect(await post(bytes('{"agent":"echo","input":"', 0xff, 0x22, 0x7d))).toEqual([400, 'BODY_NOT_UTF8']);
    expect(await post(bytes('{"agent":"echo","input":"', 0xc0, 0xaf, 0x22, 0x7d))).toEqual([400, 'BODY_NOT_UTF8']);
    for (const text of ['{', '{"a":1,}', "{'a':1}", 'NaN', '{"a":01}', '\u0000', '[1] [2]'])
      expect(await post(text), text).toEqual([400, 'BODY_NOT_JSON']);
    for (const text of ['[]', '"x"', 'null', '7', '{}'])
      expect(await post(text), text).toEqual([422, 'INVALID_REQUEST']);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'json',
      '',
    ])
      expect(await post(start('"Hi"'), { 'content-type': type }), type).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(await post(start('"Hi"'), { 'content-encoding': 'gzip' })).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(await post(start('"Hi"'), { 'content-type': 'Application/JSON; charset=utf-8' })).toEqual([202, undefined]);
    expect(await post(undefined)).toEqual([422, 'INVALID_REQUEST']);
  });

  it('does not reach prototypes', async () => {
    for (const text of [
      '{"__proto__":{"agent":"echo"},"input":"Hi"}',
      '{"agent":"echo","input":"Hi","metadata":{"a":[{"__proto__":{"x":1}}]}}',
      '{"agent":"echo","input":"Hi","constructor":{"prototype":{"x":1}}}',
    ])
      expect(await post(text), text).toEqual([422, 'INVALID_REQUEST']);
    expect(await post('{"agent":"constructor","input":"Hi"}')).toEqual([404, 'AGENT_NOT_FOUND']);
    expect(await post('{"agent":"__proto__","input":"Hi"}')).toEqual([404, 'AGENT_NOT_FOUND']);
    expect(await post('{"agent":"echo","input":"Hi","metadata":{"constructor":1}}')).toEqual([202, undefined]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
    expect((await world().ask('GET', '/api/runs?__proto__=1')).status).toBe(422);
  });

  async function adminKey(): Promise<string> {
    const { KEYS } = await import('./world.ts');
    return KEYS.admin.key;
  }
});

describe('methods and addresses', () => {
  const world = useHttpWorld(memory);

  it('that there are not are told', async () => {
    const { ask } = world();
    expect((await ask('GET', '/nowhere')).body).toMatchObject({ status: 404, code: 'NO_SUCH_ROUTE' });
    const other = await ask('DELETE', '/api/runs/x');
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const options = await ask('OPTIONS', '/api/runs', undefined, { who: 'none' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, GET, HEAD, OPTIONS']);
    expect((await ask('HEAD', '/openapi.json', undefined, { who: 'none' })).status).toBe(200);
    for (const address of ['/api/runs/%ff', '/api/runs/%', '/api/runs/%00', '/api/runs/a%0ab', '/api/runs//steps'])
      expect((await ask('GET', address)).status, address).toBeGreaterThanOrEqual(400);
  });

  it('are in a document without secrets', async () => {
    for (const path of ['/openapi.json', '/api/openapi.json']) {
      const { status, body } = await world().ask('GET', path, undefined, { who: 'none' });
      expect(status).toBe(200);
      expect(body.openapi).toBe('3.1.0');
      expect(Object.keys(body.paths)).toContain('/api/runs/{id}/approvals');
      expect(JSON.stringify(body)).not.toMatch(/perdure_|[0-9a-f]{64}/);
    }
  });

  it('have headers that are not kept, sniffed or too many', async () => {
    const { headers } = await world().ask('GET', '/api/runs');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('ratelimit')).toMatch(/^"requests";r=\d+;t=\d+$/);
    expect(await raw(world().server.port, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(
      / 431 /,
    );
    expect(await raw(world().server.port, 'nonsense\r\n\r\n')).toMatch(/ 400 /);
  });
});

describe('too many requests', () => {
  const world = useHttpWorld(memory, { limits: { requestsPerMinute: 5, failedLoginsPerMinute: 3 } });

  it('of a credential are refused, and those of others are not', async () => {
    const { ask } = world();
    const statuses = [];
    for (let n = 0; n < 7; n++) statuses.push((await ask('GET', '/api/runs', undefined, { who: 'viewer' })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const { headers, body } = await ask('GET', '/api/runs', undefined, { who: 'viewer' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(headers.get('ratelimit-policy')).toBe('"requests";q=5;w=60');
    expect(body.code).toBe('RATE_LIMITED');
    expect((await ask('GET', '/api/runs', undefined, { who: 'operator' })).status).toBe(200);
  });

  it('with wrong credentials are refused, and those with a right one are not', async () => {
    const { ask } = world();
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await ask('GET', '/api/runs', undefined, { who: 'none' })).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect((await ask('GET', '/api/runs', undefined, { who: 'admin' })).status).toBe(200);
  });
});

describe('without credentials', () => {
  const origin = 'https://app.example.com';
  const world = useHttpWorld(memory, { auth: 'loopback', cors: [origin] });
  const get = async (headers: Record<string, string>) => {
    const { status, body } = await nodeAsk(world().server.port, headers);
    return [status, body.code];
  };

  /** `fetch` lets nobody set `Host`. */
  async function nodeAsk(
    port: number,
    headers: Record<string, string>,
  ): Promise<{ status: number; body: { code?: string } }> {
    const asked = nodeRequest({ port, host: '127.0.0.1', path: '/api/runs', headers });
    asked.end();
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode, body: JSON.parse(text) as { code?: string } };
  }

  it('this machine is served, and nobody through it', async () => {
    const { port } = world().server;
    expect(await get({})).toEqual([200, undefined]);
    expect(await get({ host: `localhost:${port}` })).toEqual([200, undefined]);
    for (const host of [
      'evil.example.com',
      `evil.example.com:${port}`,
      '10.0.0.1',
      'localhost.evil.example.com',
      '0.0.0.0',
    ])
      expect(await get({ host }), host).toEqual([403, 'NOT_LOCAL']);
    for (const header of ['forwarded', 'x-forwarded-for', 'via', 'x-real-ip'])
      expect(await get({ [header]: '203.0.113.7' }), header).toEqual([403, 'NOT_LOCAL']);
  });

  it('pages of others are not served', async () => {
    for (const other of ['https://evil.example.com', 'null', 'http://localhost:1', `${origin}.evil.example.com`])
      expect(await get({ origin: other }), other).toEqual([403, 'NOT_LOCAL']);
    expect(await get({ 'sec-fetch-site': 'cross-site' })).toEqual([403, 'NOT_LOCAL']);
    expect(await get({ origin })).toEqual([200, undefined]);
    expect(await get({ origin: world().server.url, host: new URL(world().server.url).host })).toEqual([200, undefined]);
  });

  it('pages of configured origins may read answers', async () => {
    const preflight = async (from: string) =>
      await fetch(`${world().server.url}/api/runs`, {
        method: 'OPTIONS',
        headers: {
          origin: from,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      });
    const allowed = await preflight(origin);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
    expect((await preflight('https://evil.example.com')).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a server', () => {
  const world = useHttpWorld(memory);
  const failing = async (options: object): Promise<unknown> => {
    const { perdure } = world();
    return await serveApi({ perdure, port: 0, ...options }).then(
      async (server) => await server.close(),
      (error: unknown) => error,
    );
  };

  it('does not listen beyond this machine without keys or JWT', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com'])
      expect(await failing({ host }), host).toMatchObject({ name: 'ConfigurationError', path: 'auth' });
    expect(await failing({ host: '0.0.0.0', auth: {} })).toMatchObject({ name: 'ConfigurationError', path: 'auth' });
    expect(await failing({ host: '0.0.0.0', auth: { keys: [] } })).toMatchObject({ path: 'auth' });
    const { record } = createApiKey({ id: 'ops', role: 'admin' });
    expect(await failing({ host: '0.0.0.0', auth: { keys: [record] } })).toBeUndefined();
  });

  it('says what is wrong with its options', async () => {
    const { record } = createApiKey({ id: 'ops', role: 'admin' });
    expect(await failing({ port: world().server.port })).toMatchObject({ name: 'ConfigurationError', path: 'port' });
    expect(await failing({ auth: { keys: [record, record] } })).toMatchObject({ path: 'auth.keys[1].id' });
    expect(await failing({ auth: { keys: [{ ...record, tenent: 'x' }] } })).toMatchObject({
      path: 'auth.keys[0].tenent',
    });
    expect(await failing({ auth: { keys: [{ ...record, role: 'root' }] } })).toMatchObject({
      path: 'auth.keys[0].role',
    });
    expect(await failing({ auth: { keys: [{ ...record, hash: record.id }] } })).toMatchObject({
      path: 'auth.keys[0].hash',
    });
    expect(await failing({ cors: ['*'] })).toMatchObject({ path: 'cors[0]' });
    expect(await failing({ limits: { bodyBytes: 0 } })).toMatchObject({ path: 'limits.bodyBytes' });
    expect(await failing({ limits: { odd: 1 } })).toMatchObject({ path: 'limits.odd' });
    const { auth: _, ...without } = { perdure: world().perdure, auth: 'loopback' as const };
    // @ts-expect-error it is missing
    expect(() => createApi(without)).toThrow('auth');
    expect(() => createApiKey({ id: 'A b', role: 'admin' })).toThrow('id');
  });

  it('lets requests finish when it is closed, and takes no more', async () => {
    const { perdure, engine } = world();
    const server = await serveApi({ perdure, port: 0 });
    const ask = asking(server.url);
    const run = await perdure.start('asker', { input: 'Hi' });
    for await (const { type } of run.events()) if (type === 'input_requested') break;
    const stream = await fetch(`${server.url}/api/runs/${run.id}/events`);
    const reading = stream.text();
    const replied = ask('POST', `/api/runs/${run.id}/replies`, { content: '7' }, { who: 'none' });
    await run.result();
    const closed = Promise.all([server.close(), server.close()]);
    expect((await replied).status).toBe(204);
    await reading;
    await closed;
    await expect(ask('GET', '/api/runs', undefined, { who: 'none' })).rejects.toThrow('fetch failed');
    expect((await engine.health()).status).toBe('healthy');
  });

  it('may be mounted', async () => {
    const { perdure } = world();
    const api = createApi({ perdure, auth: 'loopback' });
    const url = 'http://localhost/api/runs';
    expect((await api.fetch(new Request(url))).status).toBe(200);
    expect((await api.fetch(new Request(url), { address: '203.0.113.7' })).status).toBe(403);
    expect((await api.fetch(new Request('http://api.example.com/api/runs'))).status).toBe(403);
    await api.close();
    const after = await api.fetch(new Request(url));
    expect([after.status, after.headers.get('retry-after')]).toEqual([503, '5']);
  });
});
