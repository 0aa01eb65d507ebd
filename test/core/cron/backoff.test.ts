import { describe, expect, test } from 'vitest';
import { cronBackoff, cronProblem } from '../../../src/core/cron/backoff.ts';

/** Schedule, when the run before was to begin, when it ended, and when the next begins: as robfig/cron 3.0.1 in a Temporal server 1.29 has it. */
const known: readonly (readonly [string, string, string, string | undefined])[] = [
  ['*/15 * * * *', '2026-03-01T10:07:20.500Z', '2026-03-01T10:07:20.500Z', '2026-03-01T10:15:00.500Z'],
  ['0 12 * * MON-fri', '2026-11-27T13:00:00Z', '2026-11-27T13:00:00Z', '2026-11-30T12:00:00.000Z'],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['0 0 13 * 5', '2026-11-10T00:00:00Z', '2026-11-10T00:00:00Z', '2026-11-13T00:00:00.000Z'],
  ['0 0 */2 * 1', '2026-11-10T00:00:00Z', '2026-11-10T00:00:00Z', '2026-11-11T00:00:00.000Z'],
  ['5/20 ? 1,,15 jan,Jul *', '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z', '2026-07-01T00:05:00.000Z'],
  ['+5 0-4/2 * * 0', '2026-11-27T00:00:00Z', '2026-11-27T00:00:00Z', '2026-11-29T00:05:00.000Z'],
  ['@weekly', '2026-11-27T00:00:00Z', '2026-11-27T00:00:00Z', '2026-11-29T00:00:00.000Z'],
  ['@every 90m', '2026-11-27T00:00:00.250Z', '2026-11-27T10:00:00.100Z', '2026-11-27T10:30:00.100Z'],
  ['@every 1.9s', '2026-11-27T00:00:00Z', '2026-11-27T00:00:00Z', '2026-11-27T00:00:01.000Z'],
  ['@every -5m', '2026-11-27T00:00:00Z', '2026-11-27T00:00:00Z', '2026-11-27T00:00:01.000Z'],
  ['* * * * *', '2026-11-27T00:00:00Z', '2026-11-26T23:00:00Z', '2026-11-27T00:00:00.000Z'],
  ['0 * * * *', '2026-11-27T00:00:00Z', '2026-11-27T07:00:00Z', '2026-11-27T07:00:00.000Z'],
  ['CRON_TZ=Europe/Berlin 30 2 * * *', '2026-03-28T12:00:00Z', '2026-03-28T12:00:00Z', '2026-03-30T00:30:00.000Z'],
  ['CRON_TZ=Europe/Berlin 30 2 * * *', '2026-10-24T12:00:00Z', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00.000Z'],
  ['TZ=America/New_York 0 0 1 * *', '2026-03-02T00:00:00Z', '2026-03-02T00:00:00Z', '2026-04-01T04:00:00.000Z'],
  ['CRON_TZ=America/Sao_Paulo 0 0 * * *', '2018-11-03T12:00:00Z', '2018-11-03T12:00:00Z', '2018-11-05T02:00:00.000Z'],
  [
    'CRON_TZ=Australia/Lord_Howe 15 2 * * *',
    '2026-10-03T12:00:00Z',
    '2026-10-03T12:00:00Z',
    '2026-10-04T15:15:00.000Z',
  ],
  ['CRON_TZ=Asia/Kolkata 0 0 31 12 *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', '2027-12-30T18:30:00.000Z'],
  ['TZ= 0 5 * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', '2027-01-01T05:00:00.000Z'],
  ['0 0 31 2 *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['60 * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['* * 0 * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['* * * * 7', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['*/0 * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['5-3 * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['1-2-3 * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['*-2-3 * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', '2026-12-31T12:01:00.000Z'],
  ['1/2/3 * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['1/ * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['x * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['* * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['* * * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['@every 5', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['@every 0', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', '2026-12-31T12:00:01.000Z'],
  ['@often', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['CRON_TZ=No/Where * * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['CRON_TZ=+01:00 * * * * *', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
  ['CRON_TZ=UTC', '2026-12-31T12:00:00Z', '2026-12-31T12:00:00Z', undefined],
];

describe('the next run of a cron workflow', () => {
  test.for(known)('%s after %s, at %s', ([schedule, scheduled, ended, next]) => {
    const now = Date.parse(ended);
    const backoff = cronBackoff(schedule, Date.parse(scheduled), now);
    expect(backoff === undefined ? undefined : new Date(now + backoff).toISOString()).toBe(next);
  });

  test('does not come without a schedule', () => {
    expect(cronBackoff('', 0, 1)).toBeUndefined();
    expect(cronProblem('', 0)).toBeUndefined();
    expect(cronProblem(undefined, 0)).toBeUndefined();
  });

  test('is found at once, however many times were missed', () => {
    const scheduled = Date.parse('2016-01-01T00:00:00Z');
    const now = Date.parse('2026-11-27T10:20:30Z');
    expect(cronBackoff('CRON_TZ=Europe/Berlin * * * * *', scheduled, now)).toBe(30_000);
    expect(cronBackoff('@every 1s', scheduled, now + 1)).toBe(1000);
  });
});

test('a schedule is refused in the words of a Temporal server', () => {
  const now = Date.parse('2026-11-27T00:00:00Z');
  expect(cronProblem('* * * * *', now)).toBeUndefined();
  expect(cronProblem('often', now)).toBe('invalid CronSchedule.');
  expect(cronProblem('0 0 30 2 *', now)).toBe('invalid CronSchedule, no time can be found to satisfy the schedule');
});
