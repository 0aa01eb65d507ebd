import { expect, test } from 'vitest';
import { Readers } from '../../../src/runtime/matching/readers.ts';

test('those who do not come any more are forgotten, also when nobody asks', () => {
  const readers = new Readers();
  const seen = (identity: string, at: number): void => readers.saw({ identity, buildId: '' }, at);
  seen('gone', 0);
  seen('stays', 1);
  seen('stays', 200_000);
  seen('new', 400_000);
  expect(readers.recent(0).map(({ identity }) => identity)).toEqual(['stays', 'new']);
});
