import type { BundleOptions, WorkerOptions } from '@temporalio/worker';

/** What has to be bundled. */
export interface WorkflowCodeOptions {
  /** The author's own workflows: a file, or a folder with an index. Default: only the agent loop. */
  readonly workflowsPath?: string | undefined;
  readonly workflowInterceptorModules?: readonly string[] | undefined;
  readonly payloadConverterPath?: string | undefined;
  readonly failureConverterPath?: string | undefined;
  readonly bundlerOptions?: WorkerOptions['bundlerOptions'] | undefined;
  readonly plugins?: BundleOptions['plugins'] | undefined;
  /** Default: only what goes wrong is told, as an error. */
  readonly logger?: BundleOptions['logger'] | undefined;
}

/** Whether the code that comes with the package will do: it knows nothing of the author's. */
export function isPlain(options: WorkflowCodeOptions): boolean {
  const { workflowsPath, workflowInterceptorModules = [], payloadConverterPath, failureConverterPath } = options;
  const isOurs = workflowsPath === undefined && workflowInterceptorModules.length === 0;
  const isDefault = payloadConverterPath === undefined && failureConverterPath === undefined;
  return isOurs && isDefault && options.bundlerOptions === undefined && !plugsIn(options);
}

/** Whether a plugin wants a say in bundling. */
export function plugsIn({ plugins = [] }: WorkflowCodeOptions): boolean {
  return plugins.some((plugin) => plugin.configureBundler !== undefined);
}
