/** The worker process of the demo. In a real application this file is all that a worker is. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { connect } from 'perdure';
import { openEngine } from 'perdure/engines';
import { runWorker } from 'perdure/worker';
import { Desk } from './desk.ts';
import { type Completed, Payments } from './payments.ts';
import type { WorkerMessage, WorkerSettings } from './worker-process.ts';

const folder = '.perdure/order-desk';

async function main({ engine: config, taskQueue }: WorkerSettings): Promise<void> {
  // What Redis' settings put at risk was told by the demo already.
  const engine = await openEngine(config.type === 'bullmq' ? { ...config, onError: () => {} } : config);
  // Loaded here, so that a model's name that means nothing is told as all other problems are.
  const { billing, support } = await import('./agents.ts');
  const secret = ownSecret();
  const perdure = await connect({ engine, secret });
  const desk = new Desk(`${folder}/changes.json`);
  const completed: Completed = (token, result) => perdure.completeTool(token, { result });
  const payments = new Payments({ desk, completed, file: `${folder}/payments.json` });
  try {
    await runWorker({
      agents: [support, billing],
      engine,
      taskQueue,
      secret,
      deps: { desk, payments },
      onReady: () => say({ ready: true }),
    });
  } finally {
    payments.stop();
    await perdure.close();
    await engine.close();
  }
}

function say(message: WorkerMessage, sent?: () => void): void {
  process.send?.(message, sent ?? (() => {}));
}

/** Tokens that were given to the payment provider have to be good for the next worker, too. */
function ownSecret(): string {
  const file = `${folder}/secret`;
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(file, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8');
}

// What the worker says of itself would stand between the lines of the demo.
// Ctrl-C in a terminal reaches all its processes; this one is told by the demo when to stop.
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: ['SIGTERM'] });
process.on('SIGINT', () => {});
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
try {
  await main(JSON.parse(process.argv[2] ?? '{}') as WorkerSettings);
  process.exit(0);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  say({ ready: false, problem: message }, () => process.exit(1));
}
