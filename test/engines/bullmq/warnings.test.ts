import { expect, test } from 'vitest';
import { LimitedWarnings } from '../../../src/engines/bullmq/warnings.ts';

test('warnings come one in ten seconds, and say how many were left out', () => {
  const said: string[] = [];
  let now = 0;
  const warnings = new LimitedWarnings(
    (message) => said.push(message),
    () => now,
  );
  warnings.add(new Error('first'));
  warnings.add(new Error('second'));
  now = 9_999;
  warnings.add('third');
  expect(said).toEqual(['In the background of the engine: first']);
  now = 10_000;
  warnings.add(Object.assign(new Error(''), { code: 'ECONNREFUSED' }));
  now = 20_000;
  warnings.add('fifth');
  expect(said.slice(1)).toEqual([
    'In the background of the engine: ECONNREFUSED (2 more since the last warning)',
    'In the background of the engine: fifth',
  ]);
});
