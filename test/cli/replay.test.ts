import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, OFFICE, run } from './support.ts';

const directory = mkdtempSync(join(tmpdir(), 'perdure-cli-replay-'));
const on = ['--database', join(directory, 'runs.db')];
const recordings = join(directory, 'recordings');
const file = ['--file', OFFICE];

beforeAll(async () => {
  await run('run', 'clerk', 'Good morning', '--id', 'clerk-1', ...file, ...on);
  await run('run', 'boss', 'Go', '--id', 'boss-1', ...file, ...on);
  await run('record', '-o', recordings, ...on);
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('perdure record', () => {
  it('writes histories and what they are of', () => {
    expect(readdirSync(recordings).toSorted()).toEqual(['0001.json', '0002.json', 'manifest.json']);
    const manifest = JSON.parse(readFileSync(join(recordings, 'manifest.json'), 'utf8')) as { runs: { id: string }[] };
    expect(manifest.runs.map(({ id }) => id).toSorted()).toEqual(['boss-1', 'clerk-1']);
  });

  it('takes ids, agents, or a query', async () => {
    const recorded = async (...args: string[]): Promise<unknown[]> => {
      const folder = join(directory, `some-${args.length}-${args.at(-1) ?? ''}`.replaceAll(/[^\w/-]/g, ''));
      const { out } = await run('record', ...args, '-o', folder, '--json', ...on);
      const [recording] = jsonLines(out) as { runs: { id: string }[] }[];
      return recording?.runs.map(({ id }) => id) ?? [];
    };
    expect(await recorded('boss-1')).toEqual(['boss-1']);
    expect(await recorded('--agent', 'clerk')).toEqual(['clerk-1']);
    expect(await recorded('--query', "WorkflowId = 'clerk-1'")).toEqual(['clerk-1']);
  });

  it('overwrites nothing, and leaves nothing behind', async () => {
    expect((await run('record', '-o', recordings, ...on)).code).toBe(2);
    const none = join(directory, 'none');
    expect((await run('record', 'nobody', '-o', none, ...on)).code).toBe(3);
    expect((await run('record', '--status', 'timed_out', '-o', none, ...on)).code).toBe(3);
    expect((await run('record', 'boss-1', '--agent', 'boss', '-o', none, ...on)).code).toBe(2);
    expect(existsSync(none)).toBe(false);
    expect(readdirSync(directory).filter((name) => name.endsWith('.draft'))).toEqual([]);
  });
});

describe('perdure replay', () => {
  it('is content with code that has not changed', async () => {
    const { code, out } = await run('replay', recordings, 'clerk-1', '--strict', ...file, ...on);
    expect([code, out.match(/✓/g)?.length]).toEqual([0, 3]);
  }, 60_000);

  it('shows agents that have changed; they count when that is asked for', async () => {
    const changed = join(directory, 'changed.mjs');
    writeFileSync(
      changed,
      `export { worker };
       import { worker as office } from ${JSON.stringify(OFFICE)};
       const agents = office.agents.map((agent) => (agent.name === 'boss' ? { ...agent, instructions: 'Do it yourself.' } : agent));
       const worker = { agents };`,
    );
    const lenient = await run('replay', recordings, '--file', changed);
    expect(lenient).toMatchObject({ code: 0, err: '' });
    expect(lenient.out).toContain('agent boss: instructions changed: "Delegate." → "Do it yourself."');
    expect((await run('replay', recordings, '--file', changed, '--strict')).code).toBe(1);
    const { code, out } = await run('replay', join(recordings, '0001.json'), '--file', changed, '--json');
    expect([code, jsonLines(out)[0]?.['ok']]).toEqual([0, true]);
  }, 60_000);

  it('exits with 1, and says where, when history is of something else', async () => {
    const other = join(directory, 'other.json');
    writeFileSync(
      other,
      readFileSync(join(recordings, '0001.json'), 'utf8').replaceAll('agent.resolve', 'agent.other'),
    );
    const { code, out, err } = await run('replay', other, ...file);
    expect([code, err]).toEqual([1, 'perdure: 1 of 1 runs are different.\n']);
    expect(out).toContain(
      'at event 5 ActivityTaskScheduled\n  the run:  activity agent.other\n  the code: activity agent.resolve\n',
    );
  }, 60_000);

  it('tells what is not there from what cannot be used', async () => {
    const broken = join(directory, 'broken.json');
    writeFileSync(broken, '{}');
    expect((await run('replay', 'missing.json', ...file, ...on)).code).toBe(3);
    expect((await run('replay', 'nobody', ...file, ...on)).code).toBe(3);
    expect((await run('replay', broken, ...file, ...on)).code).toBe(2);
  }, 60_000);
});
