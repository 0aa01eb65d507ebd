export { recordedRuns } from './recordings.ts';
export { replayRuns } from './replay-runs.ts';
export type {
  CodeDifference,
  DefinitionDifference,
  RecordedHistory,
  RecordedRun,
  ReplayedRun,
  ReplayOptions,
  ReplayReport,
} from './types.ts';
