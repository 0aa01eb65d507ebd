import type {
  CompiledWorkerOptions,
  OfficialWorkerClass,
  WorkflowBundleWithSourceMapAndFilename,
} from '../official.ts';

type ReadBundle = OfficialWorkerClass['getOrCreateBundle'];

/**
 * Reads the code of a bundle once for all workers that are given it. The official way parses its source map and compiles it for each of them, which
 * takes longer than most workflows do.
 */
export function readOnce(official: ReadBundle): ReadBundle {
  const known = new WeakMap<object, { readonly code: string; readonly read: ReturnType<ReadBundle> }>();
  return async (options, logger) => {
    const { workflowBundle: given } = options;
    if (given === undefined || !('code' in given) || hasMore(options)) return await official(options, logger);
    const before = known.get(given);
    if (before?.code === given.code) return await before.read;
    const read: Promise<WorkflowBundleWithSourceMapAndFilename | undefined> = official(options, logger);
    known.set(given, { code: given.code, read });
    read.catch(() => known.delete(given));
    return await read;
  };
}

/** Whether each worker is to be warned of options that a bundle leaves without effect, or compiles for a debugger. */
function hasMore({ workflowsPath, bundlerOptions, interceptors, debugMode }: CompiledWorkerOptions): boolean {
  const modules = interceptors.workflowModules ?? [];
  return workflowsPath !== undefined || bundlerOptions !== undefined || modules.length > 0 || debugMode;
}
