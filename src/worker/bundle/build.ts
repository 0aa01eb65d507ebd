import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BundleOptions, bundleWorkflowCode } from '@temporalio/worker';
import { ConfigurationError } from '../../engine/index.ts';
import type { WorkflowCodeOptions } from './options.ts';

type WebpackHook = NonNullable<BundleOptions['webpackConfigHook']>;
type WebpackConfig = Parameters<WebpackHook>[0];
type WebpackPlugin = Extract<NonNullable<WebpackConfig['plugins']>[number], { apply: unknown }>;

/** Workflow code, and the files that it was made of. */
export interface BuiltBundle {
  readonly code: string;
  readonly files: readonly string[];
}

/** Sources as well as compiled: the entries lie beside each other in both. */
const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** What is asked for when the author's workflows are meant. */
const STAND_IN = /^\.\/author-workflows\.[jt]s$/;

const silent = (): void => {};

/**
 * Bundles the agent loop, together with the author's own workflows if there are some.
 * @throws ConfigurationError when the code cannot be bundled; the message has what the bundler says.
 */
export async function buildBundle(options: WorkflowCodeOptions): Promise<BuiltBundle> {
  const { workflowsPath, bundlerOptions = {}, logger } = options;
  if (workflowsPath !== undefined && !existsSync(workflowsPath)) {
    throw new ConfigurationError('workflowsPath', `there is no '${workflowsPath}'.`, {
      fix: "Pass the absolute path of the file with your workflows, such as fileURLToPath(new URL('./workflows.ts', import.meta.url)).",
    });
  }
  const files = new Set<string>();
  const problems: string[] = [];
  const collect = (message: string): void => void problems.push(message);
  const { webpackConfigHook: hook = (config: WebpackConfig) => config, ...others } = bundlerOptions;
  try {
    const { code } = await bundleWorkflowCode({
      ...others,
      workflowsPath: entry(workflowsPath === undefined ? 'bundle-entry' : 'bundle-entry-with-authors'),
      ...defined(
        'workflowInterceptorModules',
        options.workflowInterceptorModules && [...options.workflowInterceptorModules],
      ),
      ...defined('payloadConverterPath', options.payloadConverterPath),
      ...defined('failureConverterPath', options.failureConverterPath),
      ...defined('plugins', options.plugins),
      webpackConfigHook: (config) => withPlugin(hook(config), workflowsPath, files),
      logger: logger ?? { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: collect },
    });
    return { code, files: [...files].filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile()) };
  } catch (cause) {
    const reason = [cause instanceof Error ? cause.message : String(cause), ...problems].join('\n');
    throw new ConfigurationError('workflowsPath', `the workflow code cannot be bundled: ${reason}`, {
      fix: 'Correct the files that are named here.',
      cause,
    });
  }
}

function entry(name: string): string {
  return fileURLToPath(new URL(`../../workflow/${name}.${ENDING}`, import.meta.url));
}

/** Puts the author's file where it belongs, and notes which files are read. */
function withPlugin(config: WebpackConfig, workflowsPath: string | undefined, files: Set<string>): WebpackConfig {
  const plugin: WebpackPlugin = {
    apply(compiler) {
      compiler.hooks.normalModuleFactory.tap('perdure', (factory) => {
        factory.hooks.beforeResolve.tap('perdure', (request) => {
          if (workflowsPath !== undefined && STAND_IN.test(request.request)) request.request = workflowsPath;
        });
      });
      compiler.hooks.done.tap('perdure', ({ compilation }) => {
        for (const file of compilation.fileDependencies) files.add(file);
      });
    },
  };
  return { ...config, plugins: [...(config.plugins ?? []), plugin] };
}

function defined<Key extends keyof BundleOptions>(
  key: Key,
  value: BundleOptions[Key] | undefined,
): Partial<BundleOptions> {
  return value === undefined ? {} : { [key]: value };
}
