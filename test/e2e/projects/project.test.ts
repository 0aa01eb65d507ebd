import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PackedProject, type Program } from './packed-project.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 600_000;

interface RunView {
  readonly status: string;
  readonly waits: readonly unknown[];
  readonly result?: { readonly output: unknown };
}

async function ask(url: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  const type = { 'content-type': 'application/json' };
  const request =
    body === undefined ? { headers } : { method: 'POST', headers: { ...type, ...headers }, body: JSON.stringify(body) };
  return await fetch(`${url}${path}`, request);
}

async function start(url: string, input: string): Promise<string> {
  const response = await ask(url, '/api/runs', { agent: 'support', input });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

async function look(url: string, id: string, headers?: Record<string, string>): Promise<RunView> {
  return (await (await ask(url, `/api/runs/${id}`, undefined, headers)).json()) as RunView;
}

const address = async (program: Program): Promise<string> => await program.says(/http:\/\/127\.0\.0\.1:\d+(?=\D)/);

describe('a project of perdure init', () => {
  let project: PackedProject;

  beforeAll(async () => {
    project = await PackedProject.make();
  }, TIMEOUT);
  afterAll(() => rmSync(dirname(project.folder), { recursive: true, force: true }));

  it('has no mistakes in its types, and green tests', { timeout: TIMEOUT }, async () => {
    await project.run('typescript/bin/tsc');
    expect(await project.run('vitest/vitest.mjs', 'run', '--no-color')).toMatch(/Tests {2}2 passed/);
  });

  it('is well', { timeout: TIMEOUT }, async () => {
    const doctor = project.perdure(['doctor']);
    expect([await doctor.exited, doctor.output]).toEqual([0, expect.stringContaining('src/worker.ts: support')]);
  });

  it('runs with perdure dev, and its runs outlive every change', { timeout: TIMEOUT }, async () => {
    const dev = project.perdure(['dev', '--port', '0']);
    onTestFinished(async () => void (await dev.end('SIGKILL')));
    const url = await address(dev);
    expect(await dev.says(/runs .*/)).toContain(join(project.folder, '.perdure', 'perdure.db'));
    const id = await start(url, 'I want my money back for 1042.');
    await expect.poll(async () => (await look(url, id)).waits).toMatchObject([{ kind: 'approval' }]);

    const agents = join(project.folder, 'src', 'agents.ts');
    const before = readFileSync(agents, 'utf8');
    writeFileSync(agents, before.replace('Look things up', 'Always look things up'));
    await dev.says(/agents\.ts changed; runs again/);
    expect(await look(url, id)).toMatchObject({ status: 'running', waits: [{ kind: 'approval' }] });

    appendFileSync(agents, 'const broken = ;\n');
    await dev.says(/src\/agents\.ts:\d+[^]*Waiting for the next change/);
    writeFileSync(agents, before);
    await dev.says(/runs again[^]*runs again/);
    expect((await ask(url, `/api/runs/${id}/approvals`, { approved: true })).status).toBe(204);
    await expect.poll(async () => (await look(url, id)).status).toBe('completed');
    expect((await look(url, id)).result?.output).toContain('249');
    expect(await dev.end()).toBe(0);
    expect(existsSync(join(project.folder, '.perdure', 'perdure.db'))).toBe(true);
  });

  it('is served to this machine only, unless somebody says who may come', { timeout: TIMEOUT }, async () => {
    const refused = project.perdure(['serve', '--host', '0.0.0.0', '--port', '0']);
    expect([await refused.exited, refused.output]).toEqual([2, expect.stringContaining('perdure: auth: is missing')]);
  });

  it(
    'is served with keys from its settings and as its file says, and ends in order',
    { timeout: TIMEOUT },
    async () => {
      const made = project.perdure(['key', 'create', '--role', 'operator', '--json']);
      await made.exited;
      const { key, record } = JSON.parse(made.output) as { key: string; record: object };
      writeFileSync(join(project.folder, '.env'), `PERDURE_API_KEYS='${JSON.stringify([record])}'\nPORT=0\n`);
      const origin = 'https://app.example.com';
      appendFileSync(join(project.folder, 'src', 'worker.ts'), `export const api = { cors: ['${origin}'] };\n`);
      const served = project.perdure(['serve', '--worker', '--host', '127.0.0.1']);
      onTestFinished(async () => void (await served.end('SIGKILL')));
      const url = await address(served);
      const health = await fetch(`${url}/api/health`, { headers: { origin } });
      expect([health.status, health.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
      expect((await ask(url, '/api/runs')).status).toBe(401);
      const authorization = `Bearer ${key}`;
      const response = await ask(
        url,
        '/api/runs',
        { agent: 'support', input: 'Where is order 1043?' },
        { authorization },
      );
      const { id } = (await response.json()) as { id: string };
      await expect.poll(async () => (await look(url, id, { authorization })).status).toBe('completed');
      expect(served.output).not.toContain(key);
      expect(await served.end()).toBe(0);
    },
  );
});
