#!/usr/bin/env node
import { runCli } from './program.ts';

/** What is left behind by the file that was run must not keep the process from ending. */
const GRACE_MS = 2000;

process.exitCode = await runCli(process.argv.slice(2));
setTimeout(() => process.exit(), GRACE_MS).unref();
