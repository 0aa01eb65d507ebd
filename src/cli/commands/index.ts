import type { AddCommand } from '../options.ts';
import { addInit } from './init.ts';
import { addMigrate } from './migrate.ts';
import { addReconcile } from './reconcile.ts';
import { addWorker } from './worker.ts';

/** All commands, by the heading under which the help shows them. */
export const COMMANDS: Readonly<Record<string, readonly AddCommand[]>> = {
  Projects: [addInit, addWorker],
  Engines: [addReconcile, addMigrate],
};
