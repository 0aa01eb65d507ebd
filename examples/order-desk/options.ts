import { parseArgs } from 'node:util';
import type { EngineConfig } from 'perdure/engines';

/** What the demo is told on the command line. */
export interface DemoOptions {
  /** Without one it is a conversation. */
  readonly question: string | undefined;
  /** Given in this order when something is asked. */
  readonly answers: readonly string[];
  readonly engine: EngineConfig;
  readonly taskQueue: string;
  readonly crash: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly model: string | undefined;
}

export const HELP = `The order desk: an agent that answers questions about orders, and survives whatever happens.

  npm run demo                              a conversation; Ctrl-C leaves it
  npm run demo -- "Where is order 1042?"    one question
  npm run demo -- --answer yes              answers what an earlier question waits for

  --answer TEXT        what to say when the agent asks: text, or yes and no for approvals; may be repeated
  --crash              kills the worker in the middle (SIGKILL), starts another, and goes on
  --engine NAME        embedded (default: SQLite in ./.perdure), bullmq (the Redis of REDIS_URL, then 127.0.0.1:6379)
                       or temporal
  --address HOST:PORT  of the Temporal server; default: TEMPORAL_ADDRESS, then 127.0.0.1:7233
  --model NAME         provider/model such as openai/gpt-5-mini, with its package and key; default: PERDURE_MODEL, then
                       a small set of rules that needs neither
  --task-queue NAME    where the agents run; default: order-desk
  --json               prints all that happens as lines of JSON

Exit codes: 0 answered; 1 it did not work; 2 it waits for an answer that nobody gave.
`;

/** @throws TypeError when an option is misspelt or lacks its value. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv = process.env): DemoOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      answer: { type: 'string', multiple: true, default: [] },
      crash: { type: 'boolean', default: false },
      engine: { type: 'string', default: 'embedded' },
      address: { type: 'string' },
      model: { type: 'string' },
      'task-queue': { type: 'string', default: 'order-desk' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { engine, address = env['TEMPORAL_ADDRESS'] || '127.0.0.1:7233' } = values;
  const config = engineOf(engine, address);
  const question = positionals.join(' ').trim();
  if (positionals.length > 0 && question === '') throw new TypeError('The question is empty.');
  return {
    question: question || undefined,
    answers: values.answer,
    engine: config,
    taskQueue: values['task-queue'],
    crash: values.crash,
    json: values.json,
    help: values.help,
    model: values.model,
  };
}

function engineOf(name: string, address: string): EngineConfig {
  switch (name) {
    case 'embedded':
      return { type: 'embedded' };
    case 'bullmq':
      return { type: 'bullmq' };
    case 'temporal':
      return { type: 'temporal', connection: { address } };
    default:
      throw new TypeError(`There is no engine '${name}': embedded, bullmq or temporal.`);
  }
}
