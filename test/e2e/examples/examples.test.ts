import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { emptyFolder, runExample } from './run.ts';

const TIMEOUT = 180_000;

test.each([
  [
    'first-agent.ts',
    ['calls get_weather with {"city":"Oslo"}', 'City Oslo.', '  sky: light rain', '  temperature: 7 °C'],
  ],
  [
    'approval.ts',
    [
      '> Pay invoice R-17, 80 euros.',
      'Invoice R-17 is paid.',
      '  amount: 80',
      '> Pay invoice R-18, 900 euros.',
      'asks: Pay 900 EUR for invoice R-18?',
      'Invoice R-18 is paid.',
      '  amount: 900',
      '> Pay invoice R-19, 7000 euros.',
      'asks: Pay 7000 EUR for invoice R-19?',
      'That did not work: Rejected by a person: That is far too much.',
    ],
  ],
  [
    'async-tool.ts',
    ['print shop: B-7 is in the queue', 'print shop: B-7 is printed', 'Order B-7 is printed.', '  pages: 120'],
  ],
  [
    'routing.ts',
    [
      'support-1: Parcel P-5. place: Oslo',
      'trial-1: Parcel P-5. place: Oslo',
      'on durable: support-1',
      'on quick: trial-1',
      'on both: trial-1, support-1',
    ],
  ],
  [
    'custom-engine/main.ts',
    [
      'stored: 1 commit(s)',
      'run_started',
      'agent_resolved',
      'model_called',
      'model_responded',
      'run_completed',
      'journal: healthy',
    ],
  ],
  [
    'http-client.ts',
    [
      'run_started',
      'agent_resolved',
      'model_called',
      'model_responded',
      'tool_started',
      'tool_completed',
      'model_called',
      'model_responded',
      'run_completed',
      'Parcel P-5.',
      '  place: Oslo',
    ],
  ],
  [
    'mcp-tools/main.ts',
    [
      '> Find book B-7.',
      'calls library_find_book',
      'Book B-7.',
      '  shelf: C 4',
      '> Please lend book B-7.',
      'asks a person',
      'calls library_lend_book',
      'Book B-7 is lent.',
    ],
  ],
  [
    'own-workflow/main.ts',
    [
      'reserved a replacement for P-5',
      'asks: Parcel P-5 is lost.',
      '  last seen: Leipzig',
      'Do you want a replacement or the money?',
      'waits until the warehouse packs R-P-5',
      'The replacement for P-5 is on its way.',
      'reserved a replacement for P-6',
      'asks: Parcel P-6 is lost.',
      '  last seen: Leipzig',
      'Do you want a replacement or the money?',
      'released the replacement for P-6',
      'The money for P-6 is on its way.',
    ],
  ],
])(
  '%s',
  async (file, lines) => {
    expect(await runExample(file, [], { cwd: await emptyFolder() })).toEqual({
      code: 0,
      stdout: lines.map((line) => `${line}\n`).join(''),
      stderr: '',
    });
  },
  TIMEOUT,
);

test(
  'sub-agents.ts',
  async () => {
    const { code, stdout, stderr } = await runExample('sub-agents.ts', [], { cwd: await emptyFolder() });
    expect([code, stderr]).toEqual([0, '']);
    // The two work side by side, so either may be done first.
    expect(stdout.split('\n').toSorted()).toEqual(
      [
        '',
        'travel asks flights: {"message":"I need a flight to Rome"}',
        'travel asks hotels: {"message":"a hotel in Rome"}',
        'flights has used 2 steps',
        'hotels has used 2 steps',
        'Flight PD 7.',
        '  to: Rome',
        '  price: 129.00 EUR',
        'Hotel Grand Rome.',
        '  price: 95.00 EUR',
        '6 steps in all',
      ].toSorted(),
    );
  },
  TIMEOUT,
);

test('examples/README.md names every example', async () => {
  const folder = new URL('../../../examples/', import.meta.url);
  const helpers = ['locally.ts', 'model.ts', 'rule-model', 'sources.ts', 'tsconfig.json', 'README.md'];
  const names = (await readdir(folder)).filter((name) => !helpers.includes(name));
  const text = await readFile(new URL('README.md', folder), 'utf8');
  expect(names.filter((name) => !text.includes(`(${name}`))).toEqual([]);
});
