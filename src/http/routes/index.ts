import type { Route } from '../route.ts';
import { completeByToken, completeTool, decide, provide, reply } from './answer-run.ts';
import { cancelRun, pauseRun, queryRun, resumeRun, signalRun, steerRun, terminateRun } from './control-run.ts';
import { getRun } from './get-run.ts';
import { listRuns } from './list-runs.ts';
import { runHistory } from './run-history.ts';
import { startRun } from './start-run.ts';

/** All routes, in the order of the document. */
export const ROUTES: readonly Route[] = [
  startRun,
  listRuns,
  getRun,
  runHistory,
  reply,
  decide,
  provide,
  completeTool,
  completeByToken,
  signalRun,
  queryRun,
  steerRun,
  pauseRun,
  resumeRun,
  cancelRun,
  terminateRun,
];
