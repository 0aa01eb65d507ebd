/** Entry of the thread that copies a database's log into the database: each message asks for that once. */
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { CheckpointAnswer } from './checkpoints.ts';
import { loadSqlite } from './sqlite-file.ts';

const path = workerData as string;
let database: DatabaseSync | undefined;

function checkpoint(): CheckpointAnswer {
  try {
    if (database === undefined) {
      database = new (loadSqlite().DatabaseSync)(path);
      // As the owner's connection: the log before its pages are copied, and the database after that, are waited for.
      database.exec('PRAGMA synchronous = NORMAL');
    }
    const { busy, log, checkpointed } = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() ?? {};
    return { isWhole: busy === 0 && log === checkpointed };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (request: 'checkpoint' | 'close') => {
  if (request === 'checkpoint') {
    parentPort?.postMessage(checkpoint());
    return;
  }
  database?.close();
  parentPort?.close();
});
