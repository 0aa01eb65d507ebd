import type { temporal } from '@temporalio/proto';
import type { DispatchVersion } from './options.ts';

type PollFields = Pick<
  temporal.api.workflowservice.v1.IPollWorkflowTaskQueueRequest,
  'workerVersionCapabilities' | 'deploymentOptions'
>;
type DeploymentOptions = temporal.api.deployment.v1.IWorkerDeploymentOptions;

/** Numbers of `WorkerVersioningMode`. */
const UNVERSIONED = 1;
const VERSIONED = 2;

/** How a worker names its version in completions. */
export function deploymentOptionsOf(version: DispatchVersion): DeploymentOptions | null {
  const { deploymentName, buildId, useVersioning } = version;
  if (deploymentName === '') return null;
  return { deploymentName, buildId, workerVersioningMode: useVersioning ? VERSIONED : UNVERSIONED };
}

/** How a worker names its version while polling. */
export function pollVersionOf(version: DispatchVersion): PollFields {
  const named = version.deploymentName !== '';
  return {
    workerVersionCapabilities: { buildId: version.buildId, useVersioning: !named && version.useVersioning },
    deploymentOptions: deploymentOptionsOf(version),
  };
}

/** How a worker names its version in the older field of completions. */
export function versionStampOf(version: DispatchVersion): temporal.api.common.v1.IWorkerVersionStamp {
  return { buildId: version.buildId, useVersioning: version.deploymentName === '' && version.useVersioning };
}
