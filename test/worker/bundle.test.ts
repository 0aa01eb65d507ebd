import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BundleCache } from '../../src/worker/bundle/cache.ts';
import { workflowCode } from '../../src/worker/index.ts';
import { temporaryDirectory } from '../engines/embedded/support.ts';

vi.setConfig({ testTimeout: 60_000 });

const own = fileURLToPath(new URL('./fixtures/workflows.ts', import.meta.url));

describe('workflow code', () => {
  it('has the agent loop, and the same for whoever asks in this process', async () => {
    const first = await workflowCode();
    expect(first.code).toContain('perdureAgent');
    await expect(workflowCode({})).resolves.toBe(first);
  });

  it("has the author's own workflows beside the loop", async () => {
    const { code } = await workflowCode({ workflowsPath: own });
    expect(code).toContain('perdureAgent');
    expect(code).toContain('billAndPrice');
    expect((await workflowCode()).code).not.toContain('billAndPrice');
  });

  it('is made anew when the author has a say in bundling', async () => {
    const seen: unknown[] = [];
    const webpackConfigHook = <Config>(config: Config): Config => {
      seen.push(config);
      return config;
    };
    await workflowCode({ bundlerOptions: { webpackConfigHook } });
    expect(seen).toHaveLength(1);
  });

  it('is kept until one of its files changes', async () => {
    const folder = temporaryDirectory();
    const workflowsPath = join(folder, 'workflows.ts');
    const cache = join(folder, 'node_modules/.cache/perdure');
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(
      fileURLToPath(new URL('../../node_modules/@temporalio', import.meta.url)),
      join(folder, 'node_modules/@temporalio'),
    );
    writeFileSync(workflowsPath, 'export async function one(): Promise<void> {}');
    const { code } = await workflowCode({ workflowsPath });
    const [kept = ''] = readdirSync(cache).filter((name) => name.endsWith('.js'));
    expect(readFileSync(join(cache, kept), 'utf8')).toBe(code);
    const [manifest = ''] = readdirSync(cache).filter((name) => name.endsWith('.json'));
    const { files } = JSON.parse(readFileSync(join(cache, manifest), 'utf8')) as { files: Record<string, string> };
    expect(Object.keys(files)).toContain(workflowsPath);
    expect(Object.keys(files).some((file) => file.includes('perdure-agent.'))).toBe(true);
  });
});

describe('the cache of bundles', () => {
  let folder = '';
  let source = '';
  beforeEach(() => {
    folder = temporaryDirectory();
    source = join(folder, 'source.ts');
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(source, 'one');
  });

  it('knows what it was given, by what was asked', async () => {
    const cache = new BundleCache(folder, { asked: 1 });
    await expect(cache.read()).resolves.toBeUndefined();
    await cache.write('code', [source]);
    await expect(cache.read()).resolves.toBe('code');
    await expect(new BundleCache(join(folder, 'deeper', 'still'), { asked: 1 }).read()).resolves.toBe('code');
    await expect(new BundleCache(folder, { asked: 2 }).read()).resolves.toBeUndefined();
  });

  it('forgets it when a file has changed or is gone', async () => {
    const cache = new BundleCache(folder, {});
    await cache.write('code', [source]);
    writeFileSync(source, 'two');
    await expect(cache.read()).resolves.toBeUndefined();
    await cache.write('newer', [source]);
    await expect(cache.read()).resolves.toBe('newer');
    expect(readdirSync(join(folder, 'node_modules/.cache/perdure'))).toHaveLength(2);
    await cache.write('other', [source, join(folder, 'gone.ts')]);
    await expect(cache.read()).resolves.toBe('newer');
  });

  it('keeps nothing where it cannot', async () => {
    const bare = temporaryDirectory();
    const cache = new BundleCache(bare, {});
    await cache.write('code', []);
    await expect(cache.read()).resolves.toBeUndefined();
    writeFileSync(join(folder, 'node_modules', '.cache'), 'a file in the way');
    const blocked = new BundleCache(folder, {});
    await blocked.write('code', [source]);
    await expect(blocked.read()).resolves.toBeUndefined();
    expect(existsSync(join(bare, 'node_modules'))).toBe(false);
  });
});
