import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type EngineFlags, engineFromFlags } from '../../src/cli/engine-flags.ts';
import { loadProjectFile } from '../../src/cli/load-file.ts';
import { type MigrateFlags, sidesOf } from '../../src/cli/commands/migrate.ts';
import { runCli } from '../../src/cli/program.ts';
import { connect } from '../../src/client/connect.ts';
import { openEngine } from '../../src/engines/index.ts';
import { ConfigurationError } from '../../src/engine/index.ts';
import { temporaryDirectory } from '../engines/embedded/support.ts';

/** What a command line writes, and its exit code. */
async function run(...args: string[]) {
  let [out, err] = ['', ''];
  const code = await runCli(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

describe('the command line', () => {
  it('shows its version and its help', async () => {
    expect(await run('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
    const { code, out } = await run('worker', '--help');
    expect(code).toBe(0);
    expect(out).toContain('perdure worker [options] <file>');
  });

  it.each([
    [['worker'], "missing required argument 'file'"],
    [['work'], "unknown command 'work'"],
    [['worker', 'x.ts', '--engine', 'redis'], 'Allowed choices are embedded, bullmq, temporal.'],
    [['worker', 'x.ts', '--shutdown-deadline', ' '], 'It is empty.'],
    [['worker', 'nowhere.ts'], 'perdure: nowhere.ts: there is no such file.'],
    [['migrate', 'r-1'], "required option '--to <name>' not specified"],
    [['migrate', 'r-1', '--to', 'redis'], 'Allowed choices are embedded, bullmq, temporal.'],
    [['migrate', 'r-1', '--to', 'embedded', '--address', 'x:1'], 'perdure: --address: is for the temporal engine'],
    [['worker', 'x.ts', '--engine', 'embedded', '--address', 'x:1'], 'perdure: --address: is for the temporal engine'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toContain('    at ');
  });

  it('shows all that is known of an error when asked', async () => {
    const { err } = await run('worker', 'nowhere.ts', '--verbose');
    expect(err).toMatch(/^perdure: ConfigurationError: nowhere\.ts[^]*\n {4}at /);
  });
});

describe('perdure migrate', () => {
  const prepare = async (path: string): Promise<void> => {
    const engine = await openEngine({ type: 'embedded', path });
    const { client } = await connect({ engine });
    await client.workflow.start('order', { taskQueue: 'nobody', workflowId: 'order-1', args: [7] });
    await engine.close();
  };

  it('moves a run from one file to another', async () => {
    const [here, there] = [join(temporaryDirectory(), 'a.db'), join(temporaryDirectory(), 'b.db')];
    await prepare(here);
    const args = ['migrate', 'order-1', '--database', here, '--to', 'embedded', '--to-database', there];
    expect(await run(...args, '--dry-run')).toEqual({
      code: 0,
      out: 'order-1 can be moved to the engine embedded: it begins there with its input.\n',
      err: '',
    });
    expect(existsSync(there)).toBe(false);
    expect(await run(...args)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^order-1 goes on on the engine embedded, as run [-\w]+\.\n$/) as string,
    });
    const engine = await openEngine({ type: 'embedded', path: there });
    const { status, type } = await engine.client.workflow.getHandle('order-1').describe();
    expect([status.name, type]).toEqual(['RUNNING', 'order']);
    await engine.close();
  });

  it('says why it does not', async () => {
    const [here, there] = [join(temporaryDirectory(), 'a.db'), join(temporaryDirectory(), 'b.db')];
    await prepare(here);
    await prepare(there);
    const flags = ['--database', here, '--to', 'embedded', '--to-database', there];
    expect(await run('migrate', 'order-1', ...flags)).toEqual({
      code: 1,
      out: '',
      err:
        'perdure: order-1 stays where it is:\n' +
        "- On the engine 'embedded' another run has this id. Let it end, or end it, and try again.\n",
    });
    expect(await run('migrate', 'order-2', ...flags)).toMatchObject({ code: 3 });
  });

  it('makes no file when it only looks, also not where the run should be', async () => {
    const [here, there] = [join(temporaryDirectory(), 'a.db'), join(temporaryDirectory(), 'b', 'b.db')];
    const flags = ['--database', here, '--to', 'embedded', '--to-database', there, '--dry-run'];
    expect(await run('migrate', 'order-1', ...flags)).toMatchObject({ code: 3, out: '' });
    expect([here, there, dirname(there)].filter((path) => existsSync(path))).toEqual([]);
  });

  it.each([
    [['--to', 'bullmq', '--from', 'bullmq']],
    [['--to', 'bullmq', '--from', 'bullmq', '--namespace', 'default']],
    [['--to', 'temporal', '--from', 'temporal', '--address', 'localhost']],
    [['--to', 'embedded', '--database', 'here/a.db', '--to-database', './here/a.db']],
    [['--to', 'embedded', '--from', 'embedded', '--dry-run']],
  ])('from a place to the same one is refused: %j', async (flags) => {
    const { code, err } = await run('migrate', 'order-1', ...flags);
    expect([code, err]).toEqual([2, expect.stringContaining('perdure: --to: source and target are the same.')]);
  });

  it.each<[MigrateFlags, Record<string, string>, unknown]>([
    [{ to: 'temporal' }, {}, [{ type: 'embedded' }, { type: 'temporal', connection: {} }]],
    [{ to: 'temporal' }, { PERDURE_ENGINE: 'bullmq' }, [{ type: 'bullmq' }, { type: 'temporal', connection: {} }]],
    [
      { to: 'temporal', from: 'bullmq', fromNamespace: 'shop', namespace: 'prod', address: 'x:1' },
      {},
      [
        { type: 'bullmq', namespace: 'shop' },
        { type: 'temporal', connection: { address: 'x:1', namespace: 'prod' } },
      ],
    ],
    [
      { to: 'embedded', database: 'a.db', toDatabase: 'b.db' },
      { PERDURE_DATABASE: 'c.db' },
      [
        { type: 'embedded', path: 'a.db' },
        { type: 'embedded', path: 'b.db' },
      ],
    ],
  ])('%j with %j is between %j', (flags, env, expected) => {
    expect(sidesOf(flags, env)).toEqual(expected);
  });
});

describe('flags about the engine', () => {
  it.each<[EngineFlags, Record<string, string>, unknown]>([
    [{}, { PERDURE_ENGINE: 'temporal' }, undefined],
    [{ engine: 'embedded' }, { PERDURE_DATABASE: 'a.db' }, { type: 'embedded', path: 'a.db' }],
    [{ engine: 'embedded' }, { PERDURE_ENGINE: 'temporal' }, { type: 'embedded' }],
    [{ database: 'b.db' }, { PERDURE_ENGINE: 'temporal' }, { type: 'embedded', path: 'b.db' }],
    [{ database: ':memory:' }, {}, { type: 'embedded', memory: true }],
    [{ engine: 'temporal' }, { PERDURE_DATABASE: 'a.db' }, { type: 'temporal', connection: {} }],
    [{ address: 'x:1' }, {}, { type: 'temporal', connection: { address: 'x:1' } }],
    [{ namespace: 'n' }, {}, { type: 'embedded', namespace: 'n' }],
    [{ namespace: 'n' }, { PERDURE_ENGINE: 'temporal' }, { type: 'temporal', connection: { namespace: 'n' } }],
  ])('%j with %j ask for %j', (flags, env, expected) => {
    expect(engineFromFlags(flags, env)).toEqual(expected);
  });

  it.each<EngineFlags>([
    { engine: 'temporal', database: 'a.db' },
    { engine: 'embedded', address: 'x:1' },
    { database: 'a.db', address: 'x:1' },
  ])('%j contradict each other', (flags) => {
    expect(() => engineFromFlags(flags, {})).toThrow(ConfigurationError);
  });
});

describe('the file of a worker', () => {
  const agent = "{ kind: 'agent', name: 'support' }";
  const load = async (text: string, name = 'worker.mjs') => {
    const file = join(temporaryDirectory(), name);
    writeFileSync(file, text);
    return await loadProjectFile(file);
  };

  it.each([
    ['options', `export const worker = { agents: [${agent}], taskQueue: 'q' };`, { taskQueue: 'q' }],
    ['options by default', `export default { agents: [${agent}] };`, {}],
    ['a function', `export default async () => ({ agents: [${agent}] });`, {}],
    ['an agent', `export default ${agent};`, {}],
    ['a list of agents', `export const worker = [${agent}];`, {}],
    ['options one by one', `export const agents = [${agent}]; export const taskQueue = 'q';`, { taskQueue: 'q' }],
    ['agents and options', `export const support = ${agent}; export const deps = { a: 1 };`, { deps: { a: 1 } }],
    ['agents among other things', `export const support = ${agent}; export const other = 1;`, {}],
  ])('may export %s', async (_, text, more) => {
    const worker = { agents: [{ kind: 'agent', name: 'support' }], ...more };
    await expect(load(text)).resolves.toEqual({ worker, api: {} });
  });

  it('may say what the API is like, beside its worker', async () => {
    const api = { cors: ['https://app.example.com'], limits: { streams: 5 } };
    const text = `export const worker = { agents: [${agent}] }; export const api = ${JSON.stringify(api)};`;
    await expect(load(text)).resolves.toMatchObject({ api });
  });

  it.each([
    ['export const nothing = 1;', 'describes no worker'],
    [`export const worker = { agents: [], depz: {} };`, 'an option that there is not: depz'],
    ['export default { agent: 1 };', 'describes no worker'],
    [
      `export default ${agent}; export const api = { port: 1 };`,
      'an option that there is not: port. Correct it: there are auth',
    ],
    [`export default ${agent}; export const api = true;`, 'its api is no object of options'],
    ['export const worker = [];', 'describes no worker'],
    ["import './gone.mjs';", 'Install what it imports'],
    ["throw new Error('broken');", 'cannot be loaded: broken. Correct it.'],
  ])('is refused: %s', async (text, message) => {
    const refused = load(text);
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow(message);
  });
});
