import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

interface Bundle {
  /** Without its source map. */
  readonly size: number;
  /** Where its modules come from: a package, or a folder of ours. */
  readonly origins: ReadonlySet<string>;
}

const INLINE_MAP = '//# sourceMappingURL=data:application/json';

async function bundle(path: string): Promise<Bundle> {
  const { code } = await bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL(path, import.meta.url)), logger });
  const at = code.lastIndexOf(INLINE_MAP);
  const encoded = code.slice(code.indexOf(',', at) + 1).trim();
  const { sources } = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { sources: string[] };
  return { size: Buffer.byteLength(code.slice(0, at)), origins: new Set(sources.map(originOf)) };
}

function originOf(source: string): string {
  const [, inPackages] = source.split(/.*node_modules\//);
  if (inPackages !== undefined)
    return inPackages
      .split('/')
      .slice(0, inPackages.startsWith('@') ? 2 : 1)
      .join('/');
  return /\/src\/([^/]+)\//.exec(source)?.[1] ?? 'other';
}

describe('the bundle of the loop', () => {
  let empty: Bundle;
  let loop: Bundle;
  beforeAll(async () => {
    empty = await bundle('./workflows/empty.ts');
    loop = await bundle('../../../src/workflow/bundle-entry.ts');
  });

  it('has the loop and a schema validator in it, and nothing else beside what every workflow has', () => {
    expect(empty.origins).toContain('@temporalio/workflow');
    const added = [...loop.origins].filter((origin) => !empty.origins.has(origin));
    expect(added.toSorted()).toEqual(['@cfworker/json-schema', 'workflow']);
    for (const origin of ['zod', 'ai', '@ai-sdk/provider']) expect(loop.origins).not.toContain(origin);
  });

  it('is less than half as large again as that of an empty workflow', () => {
    expect(loop.size).toBeLessThan(1.5 * empty.size);
  });
});
