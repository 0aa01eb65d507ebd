import { beforeAll, describe, expect, test } from 'vitest';
import { hasRedisServer, RedisProcess } from '../../support/redis-process.ts';
import { emptyFolder, type Finished, runExample, type RunOptions } from './run.ts';

const TIMEOUT = 240_000;
const PARCEL = [
  'Parcel of order 1042 is in transit.',
  '  carrier: UPS',
  '  tracking code: UP76138522',
  '  expected on: 13 March 2026',
  '  last seen: 11 March 2026, Memphis, sorted',
  '',
].join('\n');
const REFUND = 'Refund of order 1042 is paid.\n  amount: 129.40 EUR\n';

const demo = (args: readonly string[], options: RunOptions): Promise<Finished> =>
  runExample('order-desk/demo.ts', args, options);

/** Where a demo runs: what it is told about it, and what it has to say about it before anything else. */
interface Place {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly warning?: string;
}

describe('on the embedded engine', () => {
  testEngine(() => ({ args: [] }));
  testLaterAnswer(() => ({ args: [] }));

  test(
    'goes on after the worker was killed, to the same answer',
    async () => {
      const { code, stdout, stderr } = await demo(['--crash', 'Where is order 1042?'], { cwd: await emptyFolder() });
      expect([code, stdout]).toEqual([0, PARCEL]);
      expect(stderr).toMatch(/The worker \(process \d+\) was killed with SIGKILL\. Another one \(\d+\) goes on\./);
      // What was done before is not done again.
      expect(stderr.match(/→ track_shipment/g)).toHaveLength(1);
    },
    TIMEOUT,
  );

  test(
    'prints what happens as lines of JSON',
    async () => {
      const { code, stdout } = await demo(['--json', 'Where is order 1042?'], { cwd: await emptyFolder() });
      expect(code).toBe(0);
      expectEvents(stdout);
    },
    TIMEOUT,
  );
});

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];
// Others on that server must not take our work.
describe.skipIf(!address)('on Temporal', () => {
  const server = ['--engine', 'temporal', '--address', address ?? ''];
  testEngine(() => ({ args: [...server, '--task-queue', `desk-${crypto.randomUUID()}`] }));
});

describe.skipIf(!hasRedisServer)('on a plain redis-server', () => {
  let redis: RedisProcess;
  beforeAll(async () => {
    // As it is without a word.
    redis = await RedisProcess.start({ args: ['--appendonly', 'no'] });
    return () => redis.stop();
  });
  const place = (): Place => ({
    args: ['--engine', 'bullmq'],
    env: { REDIS_URL: redis.url },
    // Once, though two processes and more use this Redis, and without the signs of a warning of Node.
    warning:
      'Redis keeps no append-only file: what was committed since its last snapshot is lost when it ends.\n' +
      'Set appendonly to yes (redis-server --appendonly yes).\n',
  });
  testEngine(place);
  testLaterAnswer(place);

  test(
    'prints what happens as lines of JSON, with nothing between them',
    async () => {
      const { args, env = {} } = place();
      const { code, stdout } = await demo(['--json', 'Where is order 1042?', ...args], {
        cwd: await emptyFolder(),
        env,
      });
      expect(code).toBe(0);
      expectEvents(stdout);
    },
    TIMEOUT,
  );
});

function testEngine(find: () => Place): void {
  test(
    'answers a question from the data',
    async () => {
      const { args, warning = '', ...env } = find();
      const { code, stdout, stderr } = await demo(['Where is order 1042?', ...args], {
        cwd: await emptyFolder(),
        ...env,
      });
      expect([code, stdout]).toEqual([0, PARCEL]);
      expect(stderr.slice(0, warning.length)).toBe(warning);
      expect(stderr.slice(warning.length)).toMatch(
        /^ {2}→ track_shipment 1042\n {2}✓ track_shipment .*in transit.*\n$/,
      );
    },
    TIMEOUT,
  );

  test(
    'refunds once somebody agrees and the money has arrived, also when the worker is killed',
    async () => {
      const { args: where, warning: _, ...env } = find();
      const cwd = await emptyFolder();
      const args = ['I want my money back', '--crash', '--answer', 'It was order 1042.', '--answer', 'yes', ...where];
      const { code, stdout, stderr } = await demo(args, { cwd, ...env });
      expect([code, stdout]).toEqual([0, REFUND]);
      const steps = [
        'asks billing',
        'asks you: To refund order',
        'killed',
        'Refund 129.40 EUR for order 1042?',
        'was told: yes',
        'refund_order was taken',
      ];
      const places = steps.map((step) => stderr.indexOf(step));
      expect(places).not.toContain(-1);
      expect(places).toEqual(places.toSorted((a, b) => a - b));

      const again = await demo(['Refund 1042', '--answer', 'yes', ...where], { cwd, ...env });
      expect([again.code, again.stdout]).toEqual([0, 'That did not work: Order 1042 was refunded before.\n']);
    },
    TIMEOUT,
  );
}

function testLaterAnswer(find: () => Place): void {
  test(
    'says what it waits for when nobody answers, and takes the answer later',
    async () => {
      const { args, warning = '', ...env } = find();
      const cwd = await emptyFolder();
      const waiting = await demo(['Refund order 1042', ...args], { cwd, ...env });
      expect([waiting.code, waiting.stdout]).toEqual([2, '']);
      expect(waiting.stderr).toContain(
        [
          'waits for a decision: Refund 129.40 EUR for order 1042?',
          `Give it with: npm run demo -- ${[...args, '--answer'].join(' ')} yes`,
        ].join('\n'),
      );

      const answered = await demo(['--answer', 'yes', ...args], { cwd, ...env });
      expect([answered.code, answered.stdout]).toEqual([0, REFUND]);

      const nothing = await demo(['--answer', 'yes', ...args], { cwd, ...env });
      expect([nothing.code, nothing.stderr]).toEqual([1, `${warning}Nothing waits for an answer.\n`]);
    },
    TIMEOUT,
  );
}

test(
  'is honest about orders that do not exist, decisions against it, and what it does not understand',
  async () => {
    const cwd = await emptyFolder();
    const typed = 'Where is order 9999?\n\nRefund 1042\nmaybe\nno\nWhat is love?\n';
    const { code, stdout, stderr } = await demo([], { cwd, typed });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^That did not work: There is no order 9999\.\nThat did not work: Rejected by a person\.\nI'm a small set of rules/,
    );
    expect(stderr).toContain('Please say yes or no, not "maybe".');
    expect(stderr).toContain('Bye.');
  },
  TIMEOUT,
);

function expectEvents(stdout: string): void {
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events[0]).toMatchObject({ type: 'run_started', agent: 'support', input: 'Where is order 1042?', depth: 0 });
  expect(events.at(-1)).toMatchObject({ type: 'run_completed', output: PARCEL.trimEnd() });
  const spoken = events
    .filter(({ type }) => type === 'token')
    .map(({ text }) => text)
    .join('');
  expect(PARCEL).toContain(spoken);
}

test.each(['bullmq', 'ioredis'])(
  'says how to install %s when it is missing',
  async (name) => {
    const { code, stdout, stderr } = await demo(['x', '--engine', 'bullmq'], {
      cwd: await emptyFolder(),
      env: { NODE_OPTIONS: `--import=${without(name)}` },
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^engine\.type: .*, which is not installed\. Run npm install "bullmq@6\.7\.0" "ioredis@/);
    expect(stderr).toContain(`the package ${name},`);
  },
  TIMEOUT,
);

/** Makes Node find no package of this name. */
const without = (name: string): string =>
  `data:text/javascript,${encodeURIComponent(`import { registerHooks } from 'node:module';
registerHooks({ resolve(specifier, context, next) {
  if (specifier !== '${name}') return next(specifier, context);
  throw Object.assign(new Error("Cannot find package '${name}'"), { code: 'ERR_MODULE_NOT_FOUND' });
} });`)}`;

test.each<[string[], Record<string, string>, RegExp]>([
  [['--engine', 'redis', 'x'], {}, /There is no engine 'redis': embedded, bullmq or temporal/],
  [['--verbose'], {}, /Unknown option '--verbose'/],
  [[''], {}, /The question is empty/],
  [['x', '--model', 'gpt-5'], {}, /"gpt-5" names no provider/],
  [['x'], { PERDURE_MODEL: 'nobody/knows' }, /npm install @ai-sdk\/nobody/],
  [['x', '--engine', 'temporal', '--address', '127.0.0.1:1'], {}, /No Temporal server listens at 127.0.0.1:1/],
  [
    ['x', '--engine', 'bullmq'],
    { REDIS_URL: 'redis://127.0.0.1:1' },
    /^No Redis answers at redis:\/\/127.0.0.1:1: .*ECONNREFUSED.* Start one \(redis-server --appendonly yes\)/,
  ],
])(
  '%j %j: says what is wrong',
  async (args, env, message) => {
    const { code, stdout, stderr } = await demo(args, { cwd: await emptyFolder(), env });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  },
  TIMEOUT,
);

test(
  '--help',
  async () => {
    const { code, stdout, stderr } = await demo(['--help'], { cwd: await emptyFolder() });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('npm run demo -- "Where is order 1042?"');
  },
  TIMEOUT,
);
