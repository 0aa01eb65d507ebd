/**
 * Measures the same work on several systems, in turn, round after round, so that comparisons hold on a noisy machine: `npm run bench`, or
 * `npm run bench -- --help`. Isolation of runs, source maps and the watchdog are on everywhere.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { fewFiles } from '../scripts/few-files.ts';
import { requireCommonJs } from '../scripts/require-commonjs.ts';
import { run } from '../scripts/run.ts';
import { type CoreFigures, coreFigures, formatCoreFigures } from './core/figures.ts';
import { redisServer } from '../scripts/services/redis.ts';
import { cacheFolder } from '../scripts/services/service.ts';
import type { Service } from '../scripts/services/service.ts';
import { temporalServer } from '../scripts/services/temporal.ts';
import { type Amount, type Figures, medians } from './measure.ts';
import { isPeer, type PeerPlaces, preparePeers } from './peers.ts';
import { readOptions } from './options.ts';
import { coldStart, SystemProcess } from './processes.ts';
import {
  type ConversationRow,
  currentLoad,
  formatConversations,
  formatTable,
  readMachine,
  type Row,
} from './report.ts';
import { formatRedisFigures, type RedisFigures, redisFigures } from './redis/figures.ts';
import { formatSqliteFigures, type SqliteFigures, sqliteFigures } from './sqlite/figures.ts';
import { knows, type Surroundings, type System } from './systems.ts';
import { agentWorkloads, type Workload } from './workloads.ts';

const options = readOptions(process.argv.slice(2));
const folder = `${cacheFolder}/bench`;
const compiled = `${folder}/dist`;
const workflowsPath = fileURLToPath(new URL('./workflows/index.ts', import.meta.url));

/** A workload on a system, and what came of it in each round. */
interface Pair {
  readonly workload: Workload;
  readonly system: System;
  readonly rounds: Figures[];
}

let pairs: Pair[] = options.workloads.flatMap((workload) =>
  options.systems.filter((system) => knows(system, workload)).map((system) => ({ workload, system, rounds: [] })),
);
/** V8 compiles what is used often: after a second it has not nearly done so, and that of all systems. */
const warmUp: Amount = { seconds: options.warmUp, inFlight: options.inFlight };
/** Measured once, after the rounds: sizes don't vary. */
const conversations: ConversationRow[] = [];
const isConversation = ({ workload }: Pair): boolean => workload === 'conversation';
const isSqliteFigures = ({ workload }: Pair): boolean => workload === 'sqlite-figures';
const isCoreFigures = ({ workload }: Pair): boolean => workload === 'core-figures';
const isRedisFigures = ({ workload }: Pair): boolean => workload === 'redis-figures';
/** Measured once, after everything else. */
let figuresOfRedis: RedisFigures | undefined;
let figuresOfCore: CoreFigures | undefined;
let figuresOfSqlite: SqliteFigures | undefined;
const isCold = (workload: Workload): boolean => workload.startsWith('cold-start');

/** Peers that cannot be had, and why. */
const leftOut: string[] = [];
const noPlaces: PeerPlaces = { postgres: '', restate: undefined };
const hasOwnProcess = (pair: Pair): boolean => isRedisFigures(pair) || isCoreFigures(pair) || isSqliteFigures(pair);
const isOnce = (pair: Pair): boolean => isConversation(pair) || hasOwnProcess(pair);

function leaveOut(peer: System, reason: string): void {
  const line = `LEFT OUT: ${peer}: ${reason}`;
  leftOut.push(line);
  console.error(line);
}

function alone(amount: Amount): Amount {
  return { ...amount, inFlight: 0 };
}

async function bundle(): Promise<string> {
  const codePath = `${folder}/bundle.js`;
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  await mkdir(folder, { recursive: true });
  await writeFile(codePath, code);
  return codePath;
}

/** As it is published: a process that starts cold would pay for the types in our sources. */
async function compile(): Promise<void> {
  // Files of an earlier time are not put together once more.
  await rm(compiled, { recursive: true, force: true });
  const tsc = 'node_modules/typescript7/bin/tsc';
  const { code, output } = await run('node', [tsc, '-p', 'tsconfig.json', '--outDir', compiled]);
  if (code !== 0) console.error(`The sources have errors; what could be compiled is measured.\n${output.trimEnd()}`);
  await requireCommonJs(`${compiled}/src`);
  await fewFiles(compiled);
}

async function coldFigures({ workload, system }: Pair, surroundings: Surroundings): Promise<Figures> {
  const workflows = workload === 'cold-start-bundle' ? workflowsPath : surroundings.codePath;
  const engineModule = `${compiled}/src/engines/embedded/index.js`;
  return await coldStart({ system, engineModule, workflows, address: surroundings.address });
}

async function measureAll(surroundings: Surroundings): Promise<void> {
  const processes = new Map<System, SystemProcess>();
  try {
    for (const pair of pairs) {
      const { system, workload } = pair;
      if (processes.has(system) || isCold(workload) || hasOwnProcess(pair)) continue;
      try {
        processes.set(system, await SystemProcess.start(system, surroundings));
      } catch (error) {
        if (!isPeer(system)) throw error;
        leaveOut(system, String(error));
      }
    }
    const rounds = pairs.every(isOnce) ? -1 : options.rounds;
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      console.error(round === 0 ? 'warming up' : `round ${round} of ${options.rounds}`);
      const amount = round === 0 ? warmUp : options;
      for (const pair of pairs) {
        const { workload, system } = pair;
        if (isOnce(pair)) continue;
        const figures = isCold(workload)
          ? await coldFigures(pair, surroundings)
          : await processes.get(system)?.measure(workload, workload === 'first-token' ? alone(amount) : amount);
        if (round === 0 || figures === undefined) continue;
        pair.rounds.push(figures);
        const rate = figures.runsPerSecond === null ? '' : `${figures.runsPerSecond.toFixed(1)} runs/s, `;
        console.error(`  ${workload}, ${system}: ${rate}p50 ${figures.p50Ms.toFixed(1)} ms`);
      }
    }
    for (const { system } of pairs.filter(isConversation)) {
      const figures = await processes.get(system)?.converse(options.conversation);
      if (figures === undefined) continue;
      conversations.push({ workload: 'conversation', system, ...figures });
      console.error(`  conversation, ${system}: ${figures.turns} turns, ${figures.ended}`);
    }
  } finally {
    await Promise.all([...processes.values()].map((running) => running.close()));
  }
}

const machine = readMachine();
let server: Service | undefined;
let redis: Service | undefined;
let peerServices: readonly Service[] = [];
process.on('exit', () => {
  server?.stop();
  redis?.stop();
  for (const service of peerServices) service.stop();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

if (pairs.some(({ workload }) => isCold(workload))) await compile();
const onServer: readonly System[] = ['temporal', 'ours-temporal', 'ai-sdk'];
if (pairs.some(({ system }) => onServer.includes(system))) server = await temporalServer(console.error);
const onRedis: readonly System[] = ['redis', 'redis-2', 'bullmq-chain', 'bullmq-steps', 'flowcraft'];
if (pairs.some(({ system }) => onRedis.includes(system))) redis = await redisServer(console.error);
const wantedPeers = [...new Set(pairs.flatMap(({ system }) => (isPeer(system) ? [system] : [])))];
const others = wantedPeers.length === 0 ? undefined : await preparePeers(wantedPeers, console.error);
peerServices = others?.services ?? [];
for (const [peer, reason] of others?.missing ?? []) leaveOut(peer, reason);
pairs = pairs.filter(({ system }) => !isPeer(system) || others?.missing.has(system) === false);
const agents = pairs.some(({ workload }) => agentWorkloads.includes(workload));
const codePath = await bundle();
await measureAll({
  codePath,
  address: server?.value ?? '',
  redis: redis?.value ?? '',
  peers: others?.places ?? noPlaces,
  agents,
});
if (redis !== undefined && pairs.some(isRedisFigures)) figuresOfRedis = await redisFigures(redis.value, codePath);
if (pairs.some(isCoreFigures)) figuresOfCore = await coreFigures(codePath);
if (pairs.some(isSqliteFigures)) figuresOfSqlite = await sqliteFigures(codePath);
machine.load.after = currentLoad();

const measured = pairs.filter((pair) => !isOnce(pair) && pair.rounds.length > 0);
const rows = measured.map(({ workload, system, rounds }): Row => ({ workload, system, ...medians(rounds) }));
console.log(JSON.stringify(machine));
if (server !== undefined) console.log(`dev server: ${server.value} (${server.origin})`);
if (redis !== undefined) console.log(`Redis: ${redis.value} (${redis.origin})`);
for (const line of leftOut) console.log(line);
console.log(
  `${options.rounds} rounds of ${options.seconds} s after ${options.warmUp} s of each that warm up, ${options.inFlight} in flight; medians of rounds`,
);
console.log(formatTable(rows));
if (conversations.length > 0) console.log(formatConversations(conversations, options.conversation));
if (figuresOfRedis !== undefined) console.log(formatRedisFigures(figuresOfRedis));
if (figuresOfCore !== undefined) console.log(formatCoreFigures(figuresOfCore));
if (figuresOfSqlite !== undefined) console.log(formatSqliteFigures(figuresOfSqlite));
if (options.json !== undefined) {
  const figures = { redis: figuresOfRedis, core: figuresOfCore, sqlite: figuresOfSqlite };
  const all = { machine, rows: [...rows, ...conversations], ...figures };
  await writeFile(options.json, `${JSON.stringify(all, undefined, 2)}\n`);
}
process.exit();
