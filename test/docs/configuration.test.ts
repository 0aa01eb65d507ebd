import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');

/** Variables that the code reads, or speaks of; names of globals and of warnings are none. */
function variables(): Set<string> {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const names = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap(
      (file) =>
        readFileSync(join(root, 'src', file), 'utf8').match(
          /['"`](?:PERDURE|TEMPORAL|REDIS|DATABASE)_[A-Z_]*[A-Z]['"`]/g,
        ) ?? [],
    );
  const found = new Set(names.map((name) => name.slice(1, -1)));
  for (const other of ['PERDURE_REDIS', 'PERDURE_LIMITS', 'PERDURE_DEV_CHILD']) found.delete(other);
  return found;
}

it('names every variable that is read', () => {
  const read = variables();
  expect(read.size).toBeGreaterThan(15);
  expect([...read].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

it('names no variable that is not read', () => {
  const all = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n');
  const named = page.match(/`(?:PERDURE|TEMPORAL|REDIS|DATABASE)_[A-Z_]+`/g) ?? [];
  expect(named.filter((name) => !all.includes(name.slice(1, -1)))).toEqual([]);
});
