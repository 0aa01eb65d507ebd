export { scenarios } from './scenarios/index.ts';
export { prepareWorkflows } from './bundle.ts';
export { runScenario } from './run.ts';
export type { RunOptions, ScenarioReport } from './run.ts';
export { createReplayer } from './replay.ts';
export { engineTarget } from './engine-target.ts';
export { storeScenarios, type StoreScenario } from './store.ts';
export type { Replayer, ReplayerOptions } from './replay.ts';
export { differences } from './differences.ts';
export type { Difference } from './differences.ts';
export type { RunHistory, RunRef } from './histories.ts';
export type { ConformanceTarget, ConformanceWorker } from './target.ts';
export type {
  BundleName,
  HistoryEvent,
  Scenario,
  ScenarioContext,
  ScenarioOptions,
  ScenarioWorker,
  ScenarioWorkerOptions,
  StartOptions,
  Comparison,
  Reason,
} from './scenario.ts';
