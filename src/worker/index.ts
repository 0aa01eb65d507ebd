/**
 * Runs agents: what a worker process is made of.
 *
 * @module
 */
export { AgentWorker } from './agent-worker.ts';
export { type WorkflowCode, workflowCode, type WorkflowCodeOptions } from './bundle/index.ts';
export { createWorker } from './create-worker.ts';
export { ShutdownDeadlineError } from './errors.ts';
export type { AgentWorkerOptions, AnyWorkerOptions, OfficialOptions, Served, WorkerSettings } from './options.ts';
export { runAnyWorker, type RunHooks, runWorker } from './run-worker.ts';
