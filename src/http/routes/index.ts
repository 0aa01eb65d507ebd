import type { Route } from '../route.ts';
import { getAgent, listAgents } from './agents.ts';
import { chat, chatStream } from './chat.ts';
import { listData, queryData, readData, writeData } from './data.ts';
import { engine, health, ready } from './engine.ts';
import { getRun } from './get-run.ts';
import { inbox } from './inbox.ts';
import { metrics } from './metrics.ts';
import { runEvents } from './run-events.ts';

/** All routes, in the order of the document. */
export const ROUTES: readonly Route[] = [
  getRun,
  runEvents,
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
