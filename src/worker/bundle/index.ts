import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sdkPackage } from '../../official.ts';
import { buildBundle } from './build.ts';
import { BundleCache } from './cache.ts';
import { isPlain, plugsIn, type WorkflowCodeOptions } from './options.ts';
import { readPrebuilt } from './prebuilt.ts';

export type { WorkflowCodeOptions } from './options.ts';

/** Workflow code, ready for a worker. */
export interface WorkflowCode {
  /** With its source map. */
  readonly code: string;
}

const HERE = dirname(fileURLToPath(import.meta.url));

/** Code that was asked for in this process: many workers of a test want the same. */
const known = new Map<string, Promise<WorkflowCode>>();

/**
 * The code of the agent loop, with the author's own workflows if there are some. Alone, it comes with the package; together with anything of
 * the author's it is bundled, and kept in `node_modules/.cache/perdure` until one of the files changes.
 * @throws ConfigurationError when it cannot be bundled.
 */
export async function workflowCode(options: WorkflowCodeOptions = {}): Promise<WorkflowCode> {
  // Functions cannot be compared, so nothing is known of what they have made.
  if (options.bundlerOptions?.webpackConfigHook !== undefined || plugsIn(options)) {
    const { code } = await buildBundle(options);
    return { code };
  }
  if (!isPlain(options)) return await load(options);
  const key = JSON.stringify(asked(options));
  const found = known.get(key) ?? load(options);
  known.set(key, found);
  found.catch(() => known.delete(key));
  return await found;
}

async function load(options: WorkflowCodeOptions): Promise<WorkflowCode> {
  const prebuilt = isPlain(options) ? await readPrebuilt() : undefined;
  if (prebuilt !== undefined) return { code: prebuilt };
  const cache = new BundleCache(
    options.workflowsPath === undefined ? HERE : dirname(options.workflowsPath),
    asked(options),
  );
  const cached = await cache.read();
  if (cached !== undefined) return { code: cached };
  const { code, files } = await buildBundle(options);
  await cache.write(code, files);
  return { code };
}

/** All that the code depends on, besides the content of files. */
function asked(options: WorkflowCodeOptions): unknown {
  const { workflowsPath, workflowInterceptorModules, payloadConverterPath, failureConverterPath } = options;
  const { ignoreModules, preloadModules } = options.bundlerOptions ?? {};
  return {
    sdk: sdkPackage.version,
    from: HERE,
    workflowsPath,
    workflowInterceptorModules,
    payloadConverterPath,
    failureConverterPath,
    ignoreModules,
    preloadModules,
  };
}
