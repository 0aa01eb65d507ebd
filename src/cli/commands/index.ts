import type { AddCommand } from '../options.ts';
import { addDev } from './dev.ts';
import { addApprove, addReject } from './decide.ts';
import { addCancel } from './cancel.ts';
import { addComplete } from './complete.ts';
import { addCompletion } from './completion.ts';
import { addData } from './data.ts';
import { addDoctor } from './doctor.ts';
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
import { addShow } from './show.ts';
import { addSignal } from './signal.ts';
import { addTerminate } from './terminate.ts';
import { addTree } from './tree.ts';
import { addInit } from './init.ts';
import { addKey } from './key.ts';
import { addMigrate } from './migrate.ts';
import { addRecord } from './record.ts';
import { addReplay } from './replay.ts';
import { addReconcile } from './reconcile.ts';
import { addServe } from './serve.ts';
import { addWorker } from './worker.ts';

/** All commands, by the heading under which the help shows them. */
export const COMMANDS: Readonly<Record<string, readonly AddCommand[]>> = {
  Runs: [addRun, addRuns, addShow, addLogs, addTree, addHistory, addData, addCancel, addTerminate, addPause, addResume],
  'What runs wait for': [addInbox, addReply, addApprove, addReject, addComplete, addProvide, addSignal, addQuery],
  Projects: [addInit, addDev, addWorker, addServe, addKey, addRecord, addReplay],
  Engines: [addDoctor, addReconcile, addMigrate],
  'This program': [addCompletion],
};
