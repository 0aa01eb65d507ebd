import { describe, expect, test } from 'vitest';
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

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];
describe('on the embedded engine', () => {
  testEngine(() => []);
});

// Others on that server must not take our work.
describe.skipIf(!address)('on Temporal', () => {
  testEngine(() => ['--engine', 'temporal', '--address', address ?? '', '--task-queue', `desk-${crypto.randomUUID()}`]);
});

function testEngine(argsOf: () => readonly string[]): void {
  test(
    'answers a question from the data',
    async () => {
      const { code, stdout, stderr } = await demo(['Where is order 1042?', ...argsOf()], { cwd: await emptyFolder() });
      expect([code, stdout]).toEqual([0, PARCEL]);
      expect(stderr).toMatch(/^ {2}→ track_shipment 1042\n {2}✓ track_shipment .*in transit.*\n$/);
    },
    TIMEOUT,
  );

  test(
    'goes on after the worker was killed, to the same answer',
    async () => {
      const { code, stdout, stderr } = await demo(['--crash', 'Where is order 1042?', ...argsOf()], {
        cwd: await emptyFolder(),
      });
      expect([code, stdout]).toEqual([0, PARCEL]);
      expect(stderr).toMatch(/The worker \(process \d+\) was killed with SIGKILL\. Another one \(\d+\) goes on\./);
      // What was done before is not done again.
      expect(stderr.match(/→ track_shipment/g)).toHaveLength(1);
    },
    TIMEOUT,
  );

  test(
    'refunds once somebody agrees and the money has arrived, also when the worker is killed',
    async () => {
      const cwd = await emptyFolder();
      const args = [
        'I want my money back',
        '--crash',
        '--answer',
        'It was order 1042.',
        '--answer',
        'yes',
        ...argsOf(),
      ];
      const { code, stdout, stderr } = await demo(args, { cwd });
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

      const again = await demo(['Refund 1042', '--answer', 'yes', ...argsOf()], { cwd });
      expect([again.code, again.stdout]).toEqual([0, 'That did not work: Order 1042 was refunded before.\n']);
    },
    TIMEOUT,
  );
}

test(
  'says what it waits for when nobody answers, and takes the answer later',
  async () => {
    const cwd = await emptyFolder();
    const waiting = await demo(['Refund order 1042'], { cwd });
    expect([waiting.code, waiting.stdout]).toEqual([2, '']);
    expect(waiting.stderr).toMatch(
      /waits for a decision: Refund 129.40 EUR for order 1042\?\nGive it with: npm run demo -- --answer yes/,
    );

    const answered = await demo(['--answer', 'yes'], { cwd });
    expect([answered.code, answered.stdout]).toEqual([0, REFUND]);

    const nothing = await demo(['--answer', 'yes'], { cwd });
    expect([nothing.code, nothing.stderr]).toEqual([1, 'Nothing waits for an answer.\n']);
  },
  TIMEOUT,
);

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

test(
  'prints what happens as lines of JSON',
  async () => {
    const { code, stdout } = await demo(['--json', 'Where is order 1042?'], { cwd: await emptyFolder() });
    expect(code).toBe(0);
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
  },
  TIMEOUT,
);

test.each([
  [['--engine', 'redis', 'x'], {}, /There is no engine 'redis': embedded or temporal/],
  [['--verbose'], {}, /Unknown option '--verbose'/],
  [[''], {}, /The question is empty/],
  [['x', '--model', 'gpt-5'], {}, /"gpt-5" names no provider/],
  [['x'], { PERDURE_MODEL: 'nobody/knows' }, /npm install @ai-sdk\/nobody/],
  [['x', '--engine', 'temporal', '--address', '127.0.0.1:1'], {}, /No Temporal server listens at 127.0.0.1:1/],
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
