import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { jsonLines, OFFICE, run, runWith } from './support.ts';

const directory = mkdtempSync(join(tmpdir(), 'perdure-cli-'));
const database = join(directory, 'runs.db');
const on = ['--database', database];
const start = (agent: string, id: string, ...words: string[]) =>
  run('run', agent, ...words, '--id', id, '--file', OFFICE, ...on);

let served: Awaited<ReturnType<typeof run>>;

beforeAll(async () => {
  served = await start('clerk', 'clerk-1', 'Good', 'morning');
  await start('broken', 'broken-1', 'Please');
  await start('boss', 'boss-1', 'Go');
  await start('clerk', 'clerk-2', 'something wild');
  await run('run', 'shipper', 'Ship it', '--id', 'waiting-1', '--detach', ...on);
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('perdure run', () => {
  it('prints the answer, and on standard error what happens', () => {
    expect(served).toMatchObject({ code: 0, out: 'At your service.\n' });
    expect(served.err).toContain('clerk-1\n● clerk  Good morning\n');
    expect(served.err).toContain('‹ says (10+5 tokens)  At your service.');
  });

  it('exits with 1 and the reason when the run failed', async () => {
    const { code, out, err } = await start('broken', 'broken-2', 'Please');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/\nperdure: .*steps/);
    expect(err).not.toContain('    at ');
  });

  it('prints events for programs, and the reason of a failure as JSON', async () => {
    const { code, out, err } = await start('broken', 'broken-3', 'Please', '--json');
    const events = jsonLines(out);
    expect(code).toBe(1);
    expect(events.every(({ runId }) => runId === 'broken-3')).toBe(true);
    expect([events[0]?.['type'], events.at(-1)?.['type']]).toEqual(['run_started', 'run_failed']);
    expect(jsonLines(err).at(-1)).toMatchObject({ error: { code: 'RUN_FAILED' } });
  });

  it('reads standard input', async () => {
    const read = async () => await Promise.resolve('From a pipe.\n');
    const { code, err } = await runWith({ read }, 'run', 'clerk', '-', '--file', OFFICE, '--database', ':memory:');
    expect(code).toBe(0);
    expect(err).toContain('● clerk  From a pipe.\n');
  });

  it('asks whoever sits at the terminal', async () => {
    const answers = ['', 'To the moon', 'perhaps', 'y'];
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question.trim());
      return await Promise.resolve(answers.shift() ?? '');
    };
    const flags = ['--file', OFFICE, '--database', ':memory:', '--no-tokens'];
    const terminal = { ask, isInputTty: true, isErrTty: true };
    const { code, out } = await runWith(terminal, 'run', 'shipper', 'Ship', ...flags);
    expect([code, out.includes('shipped')]).toEqual([0, true]);
    expect(asked).toEqual(['>', '>', 'allow it? [y/n]', 'allow it? [y/n]']);
  });

  it('lets go of a run at Ctrl+C, and says how to come back', async () => {
    let interrupt: (() => void) | undefined;
    const streams = {
      onInterrupt: (listener: () => void) => {
        interrupt = listener;
        return () => {};
      },
      err: (text: string) => {
        said += text;
        if (text.includes('to answer:')) interrupt?.();
      },
    };
    let said = '';
    const { code } = await runWith(streams, 'run', 'shipper', 'Go', '--id', 'left-1', '--file', OFFICE, ...on);
    expect(code).toBe(130);
    expect(said).toMatch(
      /perdure: The run left-1 rests until a worker runs: perdure worker \S+ --database \S+\nTo come back: perdure logs left-1 -f --from \S+ --database \S+\n$/,
    );
    const from = / --from (\S+)/.exec(said)?.[1] ?? '';
    const { out } = await run('logs', 'left-1', ...on);
    expect(out).toContain('asks  Where to?');
    expect((await run('logs', 'left-1', '--from', from, ...on)).out).toBe('');
  });

  it('says that no worker works, instead of waiting in silence', async () => {
    let [said, interrupt]: [string, (() => void) | undefined] = ['', undefined];
    const streams = {
      onInterrupt: (listener: () => void) => {
        interrupt = listener;
        return () => {};
      },
      err: (text: string) => {
        said += text;
        if (text.includes('No worker works')) interrupt?.();
      },
    };
    const flags = ['--task-queue', 'deserted', '--id', 'deserted-1', '--wait'];
    const { code } = await runWith(streams, 'run', 'clerk', 'Hello', ...flags, ...on);
    expect(code).toBe(130);
    expect(said).toContain("No worker works on the task queue 'deserted'. Start one: perdure worker FILE");
    expect(said).toContain('The run deserted-1 goes on.');
  });

  it.each([
    [['run', 'clerck', 'x', '--file', OFFICE, '--database', ':memory:'], 3, 'Did you mean clerk?'],
    [
      ['run', 'nobody', 'x', '--file', OFFICE, '--database', ':memory:'],
      3,
      'It has boss, broken, carrier, clerk, finder, shipper.',
    ],
    [['run', 'clerk', 'x', '--detach', '--wait'], 2, '--detach waits for nothing'],
    [['run', 'clerk', 'x', '--input', '{}'], 2, 'The input is there twice'],
    [['run', 'clerk', '--input', '{x', '--detach'], 2, '--input is no JSON'],
    [['run', 'clerk', 'x', '--if-exists', 'maybe'], 2, 'Allowed choices are fail, use.'],
    [
      ['run', 'clerk', 'x', '--database', database, '--id', 'clerk-1', '--detach'],
      1,
      "There is a run 'clerk-1' already",
    ],
  ])('refuses %j with %i', async (args, expected, message) => {
    const { code, err } = await run(...args);
    expect([code, err]).toEqual([expected, expect.stringContaining(message)]);
  });
});

describe('perdure runs', () => {
  it('lists runs, newest first, without those of sub-agents', async () => {
    const { code, out } = await run('runs', ...on);
    expect(code).toBe(0);
    expect(out).toMatch(/^ID +AGENT +STATUS +STARTED +TOOK +WAITS FOR\n/);
    expect(out).toMatch(/^waiting-1 +shipper +running /m);
    expect(out).not.toContain('boss-1/');
  });

  it('is paged, and filtered', async () => {
    const first = JSON.parse((await run('runs', '--prefix', 'clerk-', '--limit', '1', '--json', ...on)).out) as Page;
    const flags = ['--prefix', 'clerk-', '--limit', '5', '--cursor', first.cursor ?? '', '--json'];
    const second = JSON.parse((await run('runs', ...flags, ...on)).out) as Page;
    expect([first.runs, second.runs].map((runs) => runs.map(({ id }) => id))).toEqual([['clerk-2'], ['clerk-1']]);
    const failed = JSON.parse((await run('runs', '--status', 'failed,timed_out', '--json', ...on)).out) as Page;
    expect(failed.runs.every(({ agent }) => agent === 'broken')).toBe(true);
    expect((await run('runs', '--before', '1d', ...on)).err).toBe('There are no such runs.\n');
  });

  it.each([
    [['--status', 'gone'], "'gone' is no status"],
    [['--limit', '0'], 'Give a whole number from 1 on.'],
    [['--after', 'soon'], 'Give an ISO 8601 time'],
    [['--cursor', 'x'], 'cursor'],
    [['--stats', 'x'], '(Did you mean --status?)'],
  ])('refuses %j', async (flags, message) => {
    const { code, err } = await run('runs', ...flags, ...on);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it('makes no database, and says where it looked', async () => {
    const missing = join(directory, 'missing.db');
    const { code, err } = await run('runs', '--database', missing);
    expect([code, existsSync(missing)]).toEqual([2, false]);
    expect(err).toContain(`there is no file ${missing}`);
  });
});

interface Page {
  readonly runs: readonly { readonly id: string; readonly agent: string }[];
  readonly cursor?: string;
}

describe('what is told of a run', () => {
  it('is all in perdure show', async () => {
    const { code, out } = await run('show', 'boss-1', ...on);
    expect(code).toBe(0);
    expect(out).toMatch(/^status +completed$/m);
    expect(out).toMatch(/^did +3 steps: 2 model calls, 0 tool calls, 1 agent call$/m);
    expect(out).toMatch(/^result +It is done\.$/m);
    expect(out).toMatch(/^agent +clerk +completed /m);
    const shown = JSON.parse((await run('show', 'broken-1', '--json', ...on)).out) as Record<string, unknown>;
    expect(shown).toMatchObject({
      run: { id: 'broken-1', status: 'failed' },
      metrics: { llmCallCount: 1 },
      ending: { error: { type: 'LimitExceeded' } },
    });
  });

  it('has a cost when prices are given', async () => {
    const { code, err } = await run('show', 'clerk-1', '--prices', join(directory, 'none.json'), ...on);
    expect([code, err]).toEqual([2, expect.stringContaining('--prices: ')]);
  });

  it('is a tree', async () => {
    const { out } = await run('tree', 'boss-1', ...on);
    const [first, second] = out.split('\n');
    expect(first).toMatch(/^boss {2}completed {2}\S+ {2}boss-1$/);
    expect(second).toMatch(/^└─ clerk {2}completed {2}\S+ {2}boss-1\//);
  });

  it('is a line an event, which cannot drive the terminal', async () => {
    const { out } = await run('logs', 'clerk-2', ...on);
    expect(out).toContain(String.raw`It is \x1b[31mred\x1b[0m,\x9b2J and \u202ebackwards.`);
    expect(out).toMatch(/^\d\d:\d\d:\d\d ● clerk {2}something wild\n/);
    expect((await run('logs', 'clerk-2', '--iso', ...on)).out).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z ● clerk/);
  });

  it('goes on after an event', async () => {
    const events = jsonLines((await run('logs', 'clerk-1', '--json', ...on)).out);
    const rest = jsonLines(
      (await run('logs', 'clerk-1', '--json', '-f', '--from', String(events[1]?.['id']), ...on)).out,
    );
    expect(rest).toEqual(events.slice(2));
  });

  it("is a history in Temporal's JSON", async () => {
    const file = join(directory, 'history.json');
    const { code, err } = await run('history', 'clerk-1', '-o', file, ...on);
    expect([code, err]).toEqual([0, expect.stringMatching(/^Written: \S+ \(\d+ events\)\n$/)]);
    const text = readFileSync(file, 'utf8');
    const { events } = JSON.parse(text) as { events: { eventId: string; eventType: string }[] };
    expect(events.map(({ eventId }) => Number(eventId))).toEqual(events.map((_, index) => index + 1));
    expect(events[0]?.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_STARTED');
    expect((await run('history', 'clerk-1', ...on)).out).toBe(text);
  });

  it.each([
    ['show'],
    ['logs'],
    ['tree'],
    ['history'],
    ['cancel'],
    ['terminate'],
    ['pause'],
    ['resume'],
    ['approve'],
    ['reject'],
    ['reply', 'x'],
    ['signal', 'x'],
    ['provide', '1'],
  ])('%s of no run exits with 3', async (name, ...more) => {
    const { code, err } = await run(name, 'nobody', ...more, ...on);
    expect([code, err]).toEqual([3, expect.stringContaining("There is no run 'nobody'")]);
    const { err: json } = await run(name, 'nobody', ...more, '--json', ...on);
    expect(jsonLines(json)).toMatchObject([{ error: { code: 'RUN_NOT_FOUND' } }]);
  });
});

describe('what is done to a run', () => {
  it('needs no worker to pause, resume, signal and terminate it', async () => {
    expect(await run('pause', 'waiting-1', ...on)).toMatchObject({ code: 0, out: 'waiting-1 is paused.\n' });
    expect((await run('runs', '--status', 'paused', ...on)).out).toContain('waiting-1');
    expect(await run('resume', 'waiting-1', '--json', ...on)).toMatchObject({
      code: 0,
      out: '{"runId":"waiting-1","paused":false}\n',
    });
    expect(await run('signal', 'waiting-1', 'note', '"x"', ...on)).toMatchObject({ code: 0 });
    expect(await run('terminate', 'waiting-1', '--reason', 'enough', ...on)).toMatchObject({ code: 0 });
    expect((await run('show', 'waiting-1', ...on)).out).toContain('enough');
  });

  it.each([
    [['signal', 'clerk-1', 'x', '{x'], 2, 'The payload is no JSON'],
    [['signal', 'clerk-1', 'x'], 1, "The run 'clerk-1' has ended"],
    [['reply', 'clerk-1', 'x'], 1, "The run 'clerk-1' has ended"],
    [['complete', 'nonsense', '1'], 1, 'token'],
    [['complete', 'nonsense', '1', '--error', 'x'], 2, 'one of the two'],
    [['approve', 'clerk-1', '--timeout', 'soon'], 2, 'is no time'],
  ])('refuses %j with %i', async (args, expected, message) => {
    const { code, err } = await run(...args, ...on);
    expect([code, err]).toEqual([expected, expect.stringContaining(message)]);
  });
});

describe('colours', () => {
  const colourful = (text: string) => text.includes('\u001B[');

  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('on a terminal (%s) with %j: %s', async (isTty, variables, expected) => {
    for (const name of ['NO_COLOR', 'FORCE_COLOR', 'TERM']) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const { out } = await runWith({ isTty, columns: () => 80 }, 'runs', ...on);
    vi.unstubAllEnvs();
    expect(colourful(out)).toBe(expected);
  });
});
