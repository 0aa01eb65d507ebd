#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

/** What is left behind by the file that was run must not keep the process from ending. */
const GRACE_MS = 2000;

// Whoever reads no more (`| head`) has what they wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

// What is new in Node is nothing that whoever uses this program could change.
const told = process.listeners('warning');
process.removeAllListeners('warning').on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') for (const tell of told) tell.call(process, warning);
});

// Before anything is loaded: a worker loads a lot, and starts in half the time when it did so before.
enableCompileCache();
const [{ runCli }, { loadEnvFile }] = await Promise.all([import('./program.ts'), import('./env-file.ts')]);
loadEnvFile();

process.exitCode = await runCli(process.argv.slice(2));
setTimeout(() => process.exit(), GRACE_MS).unref();
