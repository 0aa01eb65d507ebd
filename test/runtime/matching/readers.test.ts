import { expect, test } from 'vitest';
import { type Reader, Readers } from '../../../src/runtime/matching/readers.ts';

test('a worker that leaves takes no other of its identity along; each identity is told of once', () => {
  const readers = new Readers();
  const [first, second] = ['first', 'second'].map((instance) => ({
    identity: 'same',
    instance,
    buildId: instance,
  })) as [Reader, Reader];
  for (const [at, reader] of [first, second].entries()) readers.saw(reader, at);
  expect(readers.recent(2)).toEqual([{ ...second, lastAccess: 1 }]);
  readers.left(second);
  expect(readers.recent(2)).toEqual([{ ...first, lastAccess: 0 }]);
  readers.left(first);
  expect(readers.recent(2)).toEqual([]);
});

test('those who do not come any more are forgotten, also when nobody asks', () => {
  const readers = new Readers();
  const seen = (identity: string, at: number): void => readers.saw({ identity, buildId: '' }, at);
  seen('gone', 0);
  seen('stays', 1);
  seen('stays', 200_000);
  seen('new', 400_000);
  expect(readers.recent(0).map(({ identity }) => identity)).toEqual(['stays', 'new']);
});
