import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { llmsText } from '../../scripts/llms.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');

it('is what `npm run llms` writes now', () => {
  const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, unknown> };
  const text = llmsText(read('docs/README.md'), exports);
  expect(text.split('\n').filter((line) => line.startsWith('- ['))).not.toHaveLength(0);
  expect(read('llms.txt')).toBe(text);
});
