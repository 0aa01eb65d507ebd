import { loadPackage } from './load-package.ts';
import type { Target } from './options.ts';
import type * as Parts from './store/open.ts';

const PACKAGES = { postgres: 'kysely pg', pglite: 'kysely @electric-sql/pglite' } as const;

/** Loads what is at work on a database, which needs optional packages. @throws ConfigurationError when one is not installed. */
export function loadParts({ kind }: Target): Promise<typeof Parts> {
  return loadPackage(() => import('./store/open.ts'), PACKAGES[kind]);
}
