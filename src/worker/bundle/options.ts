import type { BundleOptions } from '@temporalio/worker';

/** What has to be bundled. */
export interface WorkflowCodeOptions {
  /** The author's own workflows: a file, or a folder with an index. Default: only the agent loop. */
  readonly workflowsPath?: string | undefined;
  /** Modules with workflow interceptors. */
  readonly workflowInterceptorModules?: readonly string[] | undefined;
  /** Module of the payload converter. */
  readonly payloadConverterPath?: string | undefined;
  /** Module of the failure converter. */
  readonly failureConverterPath?: string | undefined;
  /** Those of the official worker. With a `webpackConfigHook`, nothing is kept. */
  readonly bundlerOptions?: Pick<BundleOptions, 'ignoreModules' | 'preloadModules' | 'webpackConfigHook'> | undefined;
  /** Plugins of the official worker; those that configure the bundler are asked. */
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
