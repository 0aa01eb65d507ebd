import type { AddCommand } from '../options.ts';
import { addDev } from './dev.ts';
import { addInit } from './init.ts';
import { addKey } from './key.ts';
import { addMigrate } from './migrate.ts';
import { addReconcile } from './reconcile.ts';
import { addServe } from './serve.ts';
import { addWorker } from './worker.ts';

/** All commands, by the heading under which the help shows them. */
export const COMMANDS: Readonly<Record<string, readonly AddCommand[]>> = {
  Projects: [addInit, addDev, addWorker, addServe, addKey],
  Engines: [addReconcile, addMigrate],
};
