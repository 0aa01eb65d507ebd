import { expect, it, vi } from 'vitest';
import type { CompiledWorkerOptions, OfficialWorkerClass } from '../../src/official.ts';
import { readOnce } from '../../src/runtime/bundles.ts';
import { silentLogger } from '../support/silent-logger.ts';

type Given = Partial<Omit<CompiledWorkerOptions, 'interceptors'>> & { modules?: string[] };

function reader() {
  const official = vi.fn<OfficialWorkerClass['getOrCreateBundle']>(async ({ workflowBundle }) => {
    const code = workflowBundle !== undefined && 'code' in workflowBundle ? workflowBundle.code : 'bundled';
    if (code === 'broken') throw new Error('no source map');
    return { code, filename: 'bundle.js', sourceMap: { version: 3, sources: [], names: [], mappings: '' } as never };
  });
  const read = readOnce(official);
  return {
    official,
    read: async ({ modules, ...options }: Given) =>
      await read({ ...options, interceptors: { workflowModules: modules } } as never, silentLogger),
  };
}

it('reads a bundle once for all workers that are given it', async () => {
  const { official, read } = reader();
  const workflowBundle = { code: 'a' };
  const [first, second] = await Promise.all([read({ workflowBundle }), read({ workflowBundle })]);
  expect(second).toBe(first);
  expect(await read({ workflowBundle: { code: 'b' } })).toMatchObject({ code: 'b' });
  expect(official).toHaveBeenCalledTimes(2);
});

it('reads it again after it was changed, or could not be read', async () => {
  const { official, read } = reader();
  const workflowBundle = { code: 'a' };
  await read({ workflowBundle });
  workflowBundle.code = 'broken';
  await expect(read({ workflowBundle })).rejects.toThrow('no source map');
  await expect(read({ workflowBundle })).rejects.toThrow('no source map');
  workflowBundle.code = 'b';
  expect(await read({ workflowBundle })).toMatchObject({ code: 'b' });
  expect(official).toHaveBeenCalledTimes(4);
});

it.each<Given>([
  { workflowsPath: 'workflows.ts' },
  { bundlerOptions: {} },
  { modules: ['interceptors.ts'] },
  { debugMode: true },
])('leaves warnings and debugging to the official way: %j', async (more) => {
  const { official, read } = reader();
  const workflowBundle = { code: 'a' };
  await read({ workflowBundle, ...more });
  await read({ workflowBundle, ...more });
  expect(official).toHaveBeenCalledTimes(2);
});
