import { statSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { sdkPackage } from '../../src/official.ts';
import { BundleCache } from '../../src/worker/bundle/cache.ts';

/**
 * Bundles workflows of tests as the official worker does, and keeps the code until one of its files changes: many test files want the same, and each
 * would load the bundler for it.
 */
export async function bundleOf(workflowsPath: string): Promise<WorkflowBundleWithSourceMap> {
  const cache = new BundleCache(import.meta.dirname, { test: workflowsPath, sdk: sdkPackage.version });
  const kept = await cache.read();
  if (kept !== undefined) return { code: kept, sourceMap: '' };
  const files = new Set<string>();
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook: (config) => ({
      ...config,
      plugins: [
        ...(config.plugins ?? []),
        {
          apply: (compiler) =>
            compiler.hooks.done.tap('tests', ({ compilation }) => {
              for (const file of compilation.fileDependencies) files.add(file);
            }),
        },
      ],
    }),
  });
  // The bundler also notes folders in which it has looked.
  const read = [...files].filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  await cache.write(code, read);
  return { code, sourceMap: '' };
}
