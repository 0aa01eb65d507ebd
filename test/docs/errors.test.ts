import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ANSWER_REFUSED, FAILURE } from '../../src/workflow/protocol/index.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const described = [...page.matchAll(/^### (\S+)$/gm)].map(([, name]) => name);

/** Codes of classes that leave the package: not those of the command line, which says what they say as text. */
function codes(): string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const ours = files.filter((file) => file.endsWith('.ts') && !/^(cli|core|runtime|engines)\b/.test(file));
  return ours.flatMap((file) =>
    [...readFileSync(join(root, 'src', file), 'utf8').matchAll(/^ {2}readonly code = '(\w+)';/gm)].map(
      ([, code]) => code ?? '',
    ),
  );
}

it('has an entry for every code and every type of failure, and for nothing else', () => {
  const there = [...codes(), ...Object.values(FAILURE), ...Object.values(ANSWER_REFUSED)];
  expect(there.length).toBeGreaterThan(30);
  expect(new Set(described)).toEqual(new Set(there));
  expect(described).toHaveLength(new Set(described).size);
});
