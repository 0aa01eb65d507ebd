import type { AddCommand } from '../options.ts';
import { addApprove, addReject } from './decide.ts';
import { addCancel } from './cancel.ts';
import { addComplete } from './complete.ts';
import { addHistory } from './history.ts';
import { addInbox } from './inbox.ts';
import { addLogs } from './logs.ts';
import { addPause } from './pause.ts';
import { addProvide } from './provide.ts';
import { addQuery } from './query.ts';
import { addReply } from './reply.ts';
import { addResume } from './resume.ts';
import { addRun } from './run.ts';
import { addRuns } from './runs.ts';
import { addSignal } from './signal.ts';
import { addTerminate } from './terminate.ts';
import { addInit } from './init.ts';
import { addMigrate } from './migrate.ts';
import { addReconcile } from './reconcile.ts';
import { addWorker } from './worker.ts';

/** All commands, by the heading under which the help shows them. */
export const COMMANDS: Readonly<Record<string, readonly AddCommand[]>> = {
  Runs: [addRun, addRuns, addLogs, addHistory, addCancel, addTerminate, addPause, addResume],
  'What runs wait for': [addInbox, addReply, addApprove, addReject, addComplete, addProvide, addSignal, addQuery],
  Projects: [addInit, addWorker],
  Engines: [addReconcile, addMigrate],
};
