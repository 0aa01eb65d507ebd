import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowBundle } from '@temporalio/worker';
import { sdkPackage } from '../../src/official.ts';
import type { BundleName } from './scenario.ts';

const folders: Record<BundleName, string> = { current: './workflows/', before: './workflows/before/' };
const bundles = new Map<BundleName, Promise<WorkflowBundle>>();
const buildIds = new Map<BundleName, Promise<string>>();

/** The suite's workflow code, built once per process. */
export function workflowBundle(name: BundleName = 'current'): Promise<WorkflowBundle> {
  let bundle = bundles.get(name);
  if (!bundle) {
    // Runs from source and from the built package alike: the folder has the same files with another ending.
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const workflowsPath = fileURLToPath(new URL(`${folders[name]}index.${ending}`, import.meta.url));
    const interceptors = fileURLToPath(new URL(`./workflows/interceptors.${ending}`, import.meta.url));
    bundle = bundleWorkflowCode({ workflowsPath, workflowInterceptorModules: [interceptors], logger: silent });
    bundles.set(name, bundle);
  }
  return bundle;
}

/** The build id that a worker of this code has without being given one; to hash the code for each worker would cost more than most scenarios. */
export function workflowBuildId(name: BundleName = 'current'): Promise<string> {
  let buildId = buildIds.get(name);
  if (!buildId) {
    buildId = workflowBundle(name).then((bundle) => {
      if (!('code' in bundle)) throw new TypeError('The bundle is in a file');
      return `@temporalio/worker@${sdkPackage.version}+${createHash('sha256').update(bundle.code).digest('hex')}`;
    });
    buildIds.set(name, buildId);
  }
  return buildId;
}

/** Builds all workflow code. Optional: without it, the first scenarios wait for it. */
export async function prepareWorkflows(): Promise<void> {
  await Promise.all([workflowBundle('current'), workflowBundle('before')]);
}

function nothing(): void {}
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
