import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What TypeScript says about the fixtures with `experimentalDecorators`; the check `types-of-tests` compiles them without. */
it('decorators have the same types with experimentalDecorators', { timeout: 60_000 }, () => {
  const tsc = at('../../node_modules/typescript7/bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', at('fixtures/tsconfig.json')], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
