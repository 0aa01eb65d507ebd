import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataExistsError, DataInvalidError, DataNotFoundError, DataUnavailableError } from '../../../src/data/index.ts';
import type { WorkflowData } from '../../../src/data/index.ts';
import { type Open, allPages, by, newRun } from '../support.ts';

/** What holds on every database. */
export function entriesSuite(open: Open): void {
  let data: WorkflowData;
  beforeAll(async () => {
    data = await open();
  });
  afterAll(() => data.close());

  describe('writing', () => {
    it('keeps the value, and who wrote it, where and when', async () => {
      const run = newRun();
      const before = Date.now();
      const writer = { agent: 'researcher', workflowId: `${run}/child`, step: 'call_7', idempotencyKey: 'x' };
      const metadata = { description: 'What it costs', schema: { type: 'object' }, ttl: 3600 };
      const written = await data.write(run, { key: 'price', value: { usd: 12.5 }, metadata }, writer);
      expect(written).toEqual({
        key: 'price',
        value: { usd: 12.5 },
        bytes: 12,
        agent: 'researcher',
        workflowId: `${run}/child`,
        step: 'call_7',
        description: 'What it costs',
        schema: { type: 'object' },
        writtenAt: expect.any(String),
        expiresAt: expect.any(String),
      });
      expect(Math.abs(Date.parse(written.writtenAt) - before)).toBeLessThan(60_000);
      expect(Date.parse(written.expiresAt ?? '') - Date.parse(written.writtenAt)).toBe(3_600_000);
      expect(await data.read(run, 'price')).toEqual(written);
    });

    it('takes the run itself for who wrote, when nothing else is said', async () => {
      const run = newRun();
      const written = await data.write(run, { key: 'k', value: 1 }, by);
      expect(written).toEqual({
        key: 'k',
        value: 1,
        bytes: 1,
        agent: 'tester',
        workflowId: run,
        writtenAt: written.writtenAt,
      });
    });

    it('refuses a second value, and says who wrote the first one and when', async () => {
      const run = newRun();
      const first = await data.write(run, { key: 'k', value: 1 }, { agent: 'first', step: 'call_1' });
      const error: unknown = await data.write(run, { key: 'k', value: 2 }, { agent: 'second' }).catch((each) => each);
      expect(error).toBeInstanceOf(DataExistsError);
      expect(error).toMatchObject({ code: 'DATA_EXISTS', key: 'k' });
      expect((error as DataExistsError).written).toMatchObject({
        agent: 'first',
        step: 'call_1',
        writtenAt: first.writtenAt,
      });
      expect((error as Error).message).toContain(`"k" was written by first (step call_1) at ${first.writtenAt}`);
      expect(await data.read(run, 'k')).toEqual(first);
    });

    it('refuses the same value from somebody else', async () => {
      const run = newRun();
      await data.write(run, { key: 'k', value: 1 }, { ...by, idempotencyKey: 'a' });
      await expect(data.write(run, { key: 'k', value: 1 }, by)).rejects.toThrow(DataExistsError);
      await expect(data.write(run, { key: 'k', value: 1 }, { ...by, idempotencyKey: 'b' })).rejects.toThrow(
        DataExistsError,
      );
    });

    it('takes the same write again for the one that it was', async () => {
      const run = newRun();
      const writer = { ...by, idempotencyKey: 'call-1' };
      const value = { a: [1, 2.5, -0], b: 'ü' };
      const first = await data.write(run, { key: 'k', value }, writer);
      expect(await data.write(run, { key: 'k', value }, writer)).toEqual(first);
      await expect(data.write(run, { key: 'k', value: 'other' }, writer)).rejects.toThrow(DataExistsError);
      expect(await data.write(run, { key: 'k2', value: 'other' }, writer)).toMatchObject({ key: 'k2' });
    });

    it('lets one of 100 win', async () => {
      const run = newRun();
      const others = await Promise.all([open(), open()]);
      const writers = [data, ...others];
      const results = await Promise.allSettled(
        Array.from({ length: 100 }, (_, index) =>
          writers[index % writers.length]?.write(run, { key: 'k', value: index }, { agent: `agent-${index}` }),
        ),
      );
      const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      const lost = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as DataExistsError] : [],
      );
      expect(won).toHaveLength(1);
      expect(lost).toHaveLength(99);
      expect(lost.every((error) => DataExistsError.is(error) && error.written.agent === won[0]?.agent)).toBe(true);
      expect(await data.read(run, 'k')).toEqual(won[0]);
      await Promise.all(others.map((each) => each.close()));
    });

    it('gives all attempts of one write the same answer, also at once', async () => {
      const run = newRun();
      const attempts = Array.from({ length: 20 }, () =>
        data.write(run, { key: 'k', value: 1 }, { ...by, idempotencyKey: 'x' }),
      );
      const answers = new Set((await Promise.all(attempts)).map((each) => JSON.stringify(each)));
      expect(answers.size).toBe(1);
    });
  });

  describe('reading', () => {
    it('says when there is nothing', async () => {
      const error: unknown = await data.read(newRun(), 'nothing').catch((each) => each);
      expect(error).toBeInstanceOf(DataNotFoundError);
      expect(error).toMatchObject({ code: 'DATA_NOT_FOUND', key: 'nothing' });
    });

    it('tells upper from lower case, and one way to write a character from another', async () => {
      const run = newRun();
      for (const key of ['Key', 'key', 'caf\u00e9', 'cafe\u0301']) await data.write(run, { key, value: key }, by);
      expect((await data.read(run, 'Key')).value).toBe('Key');
      expect((await data.read(run, 'caf\u00e9')).value).toBe('caf\u00e9');
      expect((await data.read(run, 'cafe\u0301')).value).toBe('cafe\u0301');
    });

    it('shows nothing of other runs and other tenants', async () => {
      const [run, other] = [newRun(), newRun()];
      const tenant = await open({ tenant: 'acme' });
      await data.write(run, { key: 'k', value: 'mine' }, by);
      await tenant.write(run, { key: 'k', value: "acme's" }, by);
      await expect(data.read(other, 'k')).rejects.toThrow(DataNotFoundError);
      expect(await data.query(other, { pattern: '*' })).toEqual({ entries: [] });
      expect(await data.list(other)).toEqual({ entries: [] });
      expect((await data.query(run, { pattern: '*' })).entries.map(({ value }) => value)).toEqual(['mine']);
      expect((await tenant.query(run, { pattern: '*' })).entries.map(({ value }) => value)).toEqual(["acme's"]);
      await tenant.close();
    });
  });

  describe('what is expired', () => {
    it('is not there, and leaves its key free', async () => {
      const run = newRun();
      await data.write(run, { key: 'k', value: 'old', metadata: { ttl: 1 } }, { ...by, idempotencyKey: 'x' });
      await data.write(run, { key: 'stays', value: 1, metadata: { ttl: 3600 } }, by);
      await sleep(1050);
      await expect(data.read(run, 'k')).rejects.toThrow(DataNotFoundError);
      expect((await data.query(run, { pattern: '*' })).entries.map(({ key }) => key)).toEqual(['stays']);
      expect((await data.list(run)).entries.map(({ key }) => key)).toEqual(['stays']);
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => data.write(run, { key: 'k', value: index }, by)),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(
        results.filter((result) => result.status === 'rejected' && DataExistsError.is(result.reason)),
      ).toHaveLength(19);
    });

    it('is deleted by a sweep, and nothing else is', async () => {
      const run = newRun();
      await data.sweep();
      for (const key of ['a', 'b', 'c']) await data.write(run, { key, value: 1, metadata: { ttl: 1 } }, by);
      await data.write(run, { key: 'd', value: 1, metadata: { ttl: 3600 } }, by);
      await data.write(run, { key: 'e', value: 1 }, by);
      await sleep(1050);
      expect(await data.sweep()).toBe(3);
      expect(await data.sweep()).toBe(0);
      expect((await data.list(run)).entries.map(({ key }) => key)).toEqual(['d', 'e']);
    });
  });

  describe('pages', () => {
    it('have everything once, in the order of code points, also while more is written', async () => {
      const run = newRun();
      const keys = ['a', 'B', 'Z', '_', '~', 'ä', 'z', '\u{ffff}', '😀', 'aa', 'a/b', 'a b', '0', '00'];
      for (const key of keys) await data.write(run, { key, value: key }, by);
      const order = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      for (const limit of [1, 3, keys.length, 100]) {
        const pages = await allPages((cursor) => data.query(run, { pattern: '*', limit, ...cursor }));
        expect(pages.flat().map(({ key }) => key)).toEqual(order);
        expect(pages).toHaveLength(Math.ceil(keys.length / limit));
      }
      const first = await data.list(run, { limit: 5 });
      await data.write(run, { key: '!', value: 'before' }, by);
      const rest = await allPages((cursor) => data.list(run, { limit: 5, cursor: first.cursor ?? '', ...cursor }));
      expect([...first.entries, ...rest.flat()].map(({ key }) => key)).toEqual(order);
    });

    it('end before their values are too much, and always have one', async () => {
      const small = await open({ maxValueBytes: 1000 });
      const run = newRun();
      for (let index = 0; index < 6; index += 1)
        await small.write(run, { key: `k${index}`, value: 'x'.repeat(index === 2 ? 998 : 398) }, by);
      const pages = await allPages((cursor) => small.query(run, { pattern: 'k*', ...cursor }));
      expect(pages.map((page) => page.map(({ key }) => key))).toEqual([['k0', 'k1'], ['k2'], ['k3', 'k4'], ['k5']]);
      await small.close();
    });

    it('refuse cursors that are none', async () => {
      for (const cursor of [
        '',
        'x',
        'WzJd',
        'WzEsIlx1MDAwMCJd',
        Buffer.from('[1,"k",2]').toString('base64url'),
        'WzEsImsiXQ==',
      ])
        await expect(data.list(newRun(), { cursor })).rejects.toMatchObject({
          name: 'DataInvalidError',
          path: 'cursor',
        });
    });

    it.each([0, -1, 1.5, 1001, Number.NaN, '5' as never])('refuse a limit of %s', async (limit) => {
      await expect(data.query(newRun(), { pattern: '*', limit })).rejects.toThrow(DataInvalidError);
    });
  });

  describe('patterns', () => {
    const keys = [
      'orders/1/total', 'orders/10/total', 'orders/2', 'orders', 'Orders/1', 'a%b', 'axb', 'a_b', 'a\\b', 'a\\\\b', 'a*b', 'a?b', '50%', '😀x', 'ab',
      '[a]', '\u{10ffff}', '\u{10ffff}x', '\ud7ff', '\ue000', "it's; drop table entries--",
    ]; // prettier-ignore
    let run: string;
    beforeAll(async () => {
      run = newRun();
      for (const key of keys) await data.write(run, { key, value: key }, by);
    });

    it.each([
      'orders/*', 'orders', 'orders*', '*', '**', '*total', '*/1*', 'orders/?', 'orders/??/*', 'a?b', 'a%b', 'a_b', 'a\\b', 'a\\\\b', 'a*b', 'a\\*', '50%', '%', '_', '?x', '??',
      '[a]', '[*', '\u{10ffff}*', '\ud7ff*', '\ue000*', "it's*", '*;*', '?*?*?*?*?*?', 'nothing*', 'ORDERS/*',
    ])('%j finds what it says', async (pattern) => {
      const { entries } = await data.query(run, { pattern });
      expect(entries.map(({ key }) => key).toSorted()).toEqual(keys.filter((key) => matches(pattern, key)).toSorted());
    }); // prettier-ignore

    it('prefixes are taken to the letter', async () => {
      for (const prefix of ['orders/', 'a*', 'a?', 'a%', 'a_', 'a\\', '', '\u{10ffff}', '\ud7ff', '😀']) {
        const { entries } = await data.list(run, { prefix });
        expect(entries.map(({ key }) => key).toSorted()).toEqual(
          keys.filter((key) => key.startsWith(prefix)).toSorted(),
        );
      }
    });

    it('are short, and there', async () => {
      await expect(data.query(run, { pattern: '' })).rejects.toThrow('pattern: is empty.');
      await expect(data.query(run, { pattern: 'x'.repeat(513) })).rejects.toThrow(
        'pattern: has 513 bytes; at most 512',
      );
      await expect(data.query(run, {} as never)).rejects.toThrow('pattern: is missing.');
      await expect(data.query(run, { pattern: 'a', patern: 'b' } as never)).rejects.toThrow('there is no "patern"');
    });
  });

  it('lists by agent, with and without a prefix', async () => {
    const run = newRun();
    for (const [key, agent] of [
      ['a/1', 'x'],
      ['a/2', 'y'],
      ['b/1', 'x'],
      ['a/3', 'x'],
    ] as const)
      await data.write(run, { key, value: key }, { agent });
    const listed = async (listing: object): Promise<readonly string[]> =>
      (await data.list(run, listing)).entries.map(({ key }) => key);
    expect(await listed({ filterByAgent: 'x' })).toEqual(['a/1', 'a/3', 'b/1']);
    expect(await listed({ filterByAgent: 'x', prefix: 'a/' })).toEqual(['a/1', 'a/3']);
    expect(await listed({ filterByAgent: 'X' })).toEqual([]);
    const pages = await allPages((cursor) => data.list(run, { filterByAgent: 'x', limit: 1, ...cursor }));
    expect(pages.flat().map(({ key }) => key)).toEqual(['a/1', 'a/3', 'b/1']);
    expect(pages.flat()[0]).not.toHaveProperty('value');
  });

  it('is closed once, and says so afterwards', async () => {
    const other = await open();
    await other.close();
    await other.close();
    await expect(other.read('run', 'k')).rejects.toThrow(DataUnavailableError);
    await expect(other.read('run', 'k')).rejects.toThrow('Open it again');
  });
}

/** What patterns mean, said another way. */
function matches(pattern: string, key: string): boolean {
  const source = Array.from(pattern, (character) => {
    if (character === '*') return '[^]*';
    if (character === '?') return '[^]';
    return character.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  });
  return new RegExp(`^${source.join('')}$`, 'u').test(key);
}
