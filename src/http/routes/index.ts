import type { Route } from '../route.ts';
import { getAgent, listAgents } from './agents.ts';
import { completeByToken, completeTool, decide, provide, reply } from './answer-run.ts';
import { chat, chatStream } from './chat.ts';
import { listData, queryData, readData, writeData } from './data.ts';
import { cancelRun, pauseRun, queryRun, resumeRun, signalRun, steerRun, terminateRun } from './control-run.ts';
import { engine, health, ready } from './engine.ts';
import { getRun } from './get-run.ts';
import { inbox } from './inbox.ts';
import { runMessages, runMetrics, runSteps, runTree } from './inspect-run.ts';
import { listRuns } from './list-runs.ts';
import { metrics } from './metrics.ts';
import { runEvents } from './run-events.ts';
import { runHistory } from './run-history.ts';
import { startRun } from './start-run.ts';

/** All routes, in the order of the document. */
export const ROUTES: readonly Route[] = [
  startRun,
  listRuns,
  getRun,
  runEvents,
  runHistory,
  runSteps,
  runTree,
  runMetrics,
  runMessages,
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
  inbox,
  listData,
  queryData,
  readData,
  writeData,
  listAgents,
  getAgent,
  chat,
  chatStream,
  engine,
  health,
  ready,
  metrics,
];
