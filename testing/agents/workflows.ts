import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';

/** Where the workflow code of a test comes from. Without any, only agents run. */
export interface WorkflowSource {
  /** A file with workflows of one's own. It is bundled once for all tests of a process. */
  readonly workflowsPath?: string;
  /** Workflow code that is bundled already, `perdureAgent` included if agents are to run. */
  readonly workflowBundle?: WorkflowBundle;
}

const bundles = new Map<string, Promise<WorkflowBundle>>();

/** The workflow code of a source, the agents' own included. */
export function bundleFor({ workflowsPath, workflowBundle }: WorkflowSource): Promise<WorkflowBundle> {
  if (workflowBundle !== undefined) return Promise.resolve(workflowBundle);
  const path = workflowsPath ?? ownWorkflows();
  let bundle = bundles.get(path);
  if (bundle === undefined) {
    bundle = bundleWorkflowCode({ workflowsPath: path, logger: silent });
    bundles.set(path, bundle);
  }
  return bundle;
}

function ownWorkflows(): string {
  // Runs from source and from the built package alike.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../../src/workflow/bundle-entry.${ending}`, import.meta.url));
}

function nothing(): void {}
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
