import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { brief, shellWord } from '../../src/cli/text/brief.ts';
import { closest } from '../../src/cli/text/closest.ts';
import { jsonLine, oneLine, safe } from '../../src/cli/text/escape.ts';
import { tableOf } from '../../src/cli/text/table.ts';
import { duration, moment, toMoment } from '../../src/cli/text/time.ts';
import { fitted, padded, widthOf } from '../../src/cli/text/width.ts';

const plain = { style: (_: unknown, text: string) => text };

describe('text for a terminal', () => {
  it.each([
    ['a\u001B[2Jb', String.raw`a\x1b[2Jb`],
    ['a\u009B2Jb\u0007', String.raw`a\x9b2Jb\x07`],
    ['\u202Eabc\u2066', String.raw`\u202eabc\u2066`],
    ['half \uD83D', String.raw`half \ud83d`],
    ['one\r\ntwo\tthree', 'one\ntwo\tthree'],
    ['back\rover', String.raw`back\x0dover`],
    ['größer 日本 👩‍🚀', 'größer 日本 👩‍🚀'],
  ])('cannot drive it: %j', (text, shown) => {
    expect(safe(text)).toBe(shown);
  });

  it('is on one line where lines are counted', () => {
    expect(oneLine(' a\n\n b\u001B ')).toBe(String.raw`a b\x1b`);
    expect(brief({ a: 'x\ny' })).toBe(String.raw`{"a":"x\ny"}`);
  });

  it('is the same value as JSON, and cannot drive it either', () => {
    const value = { text: '\u001B[2J \u009B \u202E \uD83D \u007F 👩‍🚀' };
    const line = jsonLine(value);
    expect(JSON.parse(line)).toEqual(value);
    expect(safe(line)).toBe(line);
  });

  it.each([
    ['abc', 3],
    ['日本', 4],
    ['é', 1],
    ['👩‍🚀!', 3],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['\u001B[31mred\u001B[39m', 3],
    ['\u200B', 0],
  ])('%j takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it.each([
    ['abcdef', 4, 'abc…'],
    ['abcd', 4, 'abcd'],
    ['日本語', 4, '日…'],
    ['日本語', 5, '日本…'],
    ['👩‍🚀👩‍🚀👩‍🚀', 3, '👩‍🚀…'],
    ['a bcd', 3, 'a…'],
    ['abc', 0, ''],
    ['abc', Infinity, 'abc'],
  ])('%j in %d columns is %j', (text, columns, shown) => {
    expect(fitted(text, columns)).toBe(shown);
    expect(widthOf(padded(shown, 6))).toBe(6);
  });

  it.each([
    ['plain-1.2/x', 'plain-1.2/x'],
    ["it's", String.raw`'it'\''s'`],
    ['', "''"],
  ])('%j is %s in a shell', (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});

describe('a table', () => {
  const columns = [{ title: 'ID' }, { title: 'NAME', isFlexible: true }, { title: 'N', align: 'right' as const }];
  const rows = [
    ['1', 'a rather long name of something', '7'],
    ['22', 'short', '1234'],
  ];

  it('has whole cells for programs', () => {
    expect(tableOf(columns, rows, { ...plain, width: Infinity })).toBe(
      'ID  NAME                                N\n' +
        '1   a rather long name of something     7\n' +
        '22  short                            1234\n',
    );
  });

  it('is as wide as the terminal', () => {
    const lines = tableOf(columns, rows, { ...plain, width: 24 })
      .trimEnd()
      .split('\n');
    expect(lines).toEqual(['ID  NAME               N', '1   a rather long…     7', '22  short           1234']);
    expect(lines.map(widthOf)).toEqual([24, 24, 24]);
  });

  it('cuts its last column when no other gives way', () => {
    const [, row] = tableOf([{ title: 'A' }, { title: 'B' }], [['a', 'x'.repeat(50)]], { ...plain, width: 20 }).split(
      '\n',
    );
    expect(row).toBe(`a  ${'x'.repeat(16)}…`);
  });
});

describe('time for people', () => {
  it.each([
    [0, '0ms'],
    [850, '850ms'],
    [3_249, '3.2s'],
    [59_999, '59s'],
    [125_000, '2m 5s'],
    [120_000, '2m'],
    [11_520_000, '3h 12m'],
    [439_200_000, '5d 2h'],
    [-5, '0ms'],
  ])('%d ms took %s', (time, text) => {
    expect(duration(time)).toBe(text);
  });

  it.each([
    [500, 'now'],
    [5_000, '5s ago'],
    [200_000, '3m ago'],
    [7_300_000, '2h ago'],
    [200_000_000, '2d ago'],
    [-200_000, 'in 3m'],
  ])('%d ms before now is %s', (passed, text) => {
    const now = Date.parse('2026-05-01T12:00:00Z');
    expect(moment(new Date(now - passed), { now })).toBe(text);
    expect(moment(new Date(now), { now, iso: true })).toBe('2026-05-01T12:00:00.000Z');
  });

  it('is taken as ISO 8601 or as how long ago it was', () => {
    expect(toMoment('2026-05-01T12:00Z').toISOString()).toBe('2026-05-01T12:00:00.000Z');
    vi.useFakeTimers({ now: Date.parse('2026-05-01T12:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    expect(toMoment('2 hours').toISOString()).toBe('2026-05-01T10:00:00.000Z');
    for (const text of ['soon', '2026-99', '']) expect(() => toMoment(text)).toThrow('Give an ISO 8601 time');
  });
});

describe('the closest name', () => {
  it.each([
    ['suport', ['support', 'billing'], 'support'],
    ['Support', ['support'], 'support'],
    ['xyz', ['support', 'billing'], undefined],
    ['a', [], undefined],
  ])('to %s in %j is %s', (text, names, expected) => {
    expect(closest(text, names)).toBe(expected);
  });
});
