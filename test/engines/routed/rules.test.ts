import { describe, expect, it } from 'vitest';
import { createRoutedEngine, type EngineConfig, openEngine } from '../../../src/engines/index.ts';
import {
  AGENT_WORKFLOW,
  checkPlaces,
  checkRouting,
  type RoutedEngineOptions,
  type RoutedStart,
} from '../../../src/engines/routed/options.ts';
import { placeOf } from '../../../src/engines/place.ts';
import { MOVED_MEMO } from '../../../src/engines/routed/moved.ts';
import { AGENT_MEMO, engineFor } from '../../../src/engines/routed/rules.ts';
import * as protocol from '../../../src/workflow/protocol/index.ts';

const engines = { temporal: {}, bullmq: {}, local: {} };

const start = (given: Partial<RoutedStart>): RoutedStart => ({
  workflowId: 'order-1',
  workflowType: 'order',
  taskQueue: 'shop',
  agent: undefined,
  ...given,
});

describe('rules', () => {
  const rules = [
    { agent: ['digest', 'newsletter'], engine: 'bullmq' },
    { workflowType: 'sendMail', engine: 'bullmq' },
    { workflowType: 'order', taskQueue: 'legacy', engine: 'local' },
    { when: ({ workflowId }: RoutedStart) => workflowId.startsWith('trial-'), engine: 'local' },
  ];

  it.each<[Partial<RoutedStart>, string]>([
    [{ workflowType: AGENT_WORKFLOW, agent: 'digest' }, 'bullmq'],
    [{ workflowType: AGENT_WORKFLOW, agent: 'support' }, 'temporal'],
    [{ workflowType: AGENT_WORKFLOW }, 'temporal'],
    [{ workflowType: 'sendMail' }, 'bullmq'],
    [{ workflowType: 'sendMail', workflowId: 'trial-1' }, 'bullmq'],
    [{ taskQueue: 'legacy' }, 'local'],
    [{ taskQueue: 'legacy', workflowType: 'refund' }, 'temporal'],
    [{ workflowId: 'trial-7' }, 'local'],
    [{}, 'temporal'],
  ])('lead %o to %s', (given, engine) => {
    expect(engineFor(start(given), rules, 'temporal')).toBe(engine);
  });

  it('have to decide at once', () => {
    const later = [{ when: (async () => true) as unknown as () => boolean, engine: 'local' }];
    expect(() => engineFor(start({}), later, 'temporal')).toThrow("for the engine 'local' has to answer true or false");
  });

  it('and moves are known by the words of the protocol', () => {
    expect([AGENT_WORKFLOW, AGENT_MEMO, MOVED_MEMO]).toEqual([
      protocol.AGENT_WORKFLOW,
      protocol.AGENT_MEMO,
      protocol.MOVED_MEMO,
    ]);
  });
});

describe('a configuration', () => {
  const when = (): boolean => true;

  it.each<[string, Partial<RoutedEngineOptions<object>>, string]>([
    ['no engines', { engines: {} }, 'engines: there are none.'],
    ['no default', { default: '' }, "default: '' is no text."],
    ['an unknown default', { default: 'redis' }, "default: there is no engine 'redis'."],
    ['an unknown engine', { rules: [{ agent: 'a', engine: 'redis' }] }, "rules[0].engine: there is no engine 'redis'."],
    [
      'a misspelt condition',
      { rules: [{ agents: 'a', engine: 'local' } as never] },
      'rules[0].agents: there is no such setting.',
    ],
    ['no condition', { rules: [{ engine: 'local' }] }, 'rules[0]: it has no condition.'],
    ['an empty list', { rules: [{ agent: [], engine: 'local' }] }, 'rules[0].agent: it can never fit'],
    [
      'a condition that is no text',
      { rules: [{ agent: 7 as never, engine: 'local' }] },
      'rules[0].agent: 7 is no text.',
    ],
    ['no function', { rules: [{ when: true as never, engine: 'local' }] }, 'rules[0].when: is no function.'],
    [
      'an agent with another workflow',
      { rules: [{ agent: 'a', workflowType: 'order', engine: 'local' }] },
      'rules[0]: it can never fit',
    ],
    [
      'a rule behind a wider one',
      {
        rules: [
          { agent: ['a', 'b'], engine: 'local' },
          { agent: 'a', taskQueue: 'q', engine: 'bullmq' },
        ],
      },
      'rules[1]: it can never fit: rules[0] takes all that it would take.',
    ],
    [
      'a function twice',
      {
        rules: [
          { when, engine: 'local' },
          { when, agent: 'a', engine: 'bullmq' },
        ],
      },
      'rules[1]: it can never fit',
    ],
  ])('with %s is refused', (_, options, message) => {
    expect(() => checkRouting({ engines, default: 'temporal', ...options })).toThrow(message);
  });

  it('may have narrow rules before wide ones, and engines that nothing leads to', () => {
    const rules = [
      { agent: 'a', taskQueue: 'q', engine: 'bullmq' },
      { agent: ['a', 'b'], engine: 'local' },
      { when, agent: 'a', engine: 'bullmq' },
      { agent: 'c', when, engine: 'temporal' },
    ];
    expect(() => checkRouting({ engines, rules: rules.slice(0, 2), default: 'local' })).not.toThrow();
    expect(() => checkRouting({ engines, rules: [rules[3] as never], default: 'local' })).not.toThrow();
  });

  const redis = 'redis://127.0.0.1:1';

  it.each<[EngineConfig, EngineConfig]>([
    [{ type: 'bullmq' }, { type: 'bullmq' }],
    [
      { type: 'bullmq', redis },
      { type: 'bullmq', redis: { host: 'localhost', port: 1 }, prefix: 'perdure', namespace: 'default' },
    ],
    [
      { type: 'bullmq', redis: 'redis://a:b@127.0.0.1:1/0' },
      { type: 'bullmq', redis: { url: redis } },
    ],
    [
      { type: 'embedded', path: 'a.db' },
      { type: 'embedded', path: './b/../a.db' },
    ],
    [{ type: 'embedded' }, { type: 'embedded', namespace: 'default' }],
    [{ type: 'temporal' }, { type: 'temporal', connection: { address: 'localhost', namespace: 'default' } }],
  ])('with %j and %j, which are one engine, is refused', async (first, second) => {
    const routed = createRoutedEngine({ engines: { first, second }, default: 'first' }, {});
    await expect(routed).rejects.toThrow("engines.second: it is the same engine as 'first'.");
  });

  it.each<[EngineConfig, EngineConfig]>([
    [
      { type: 'bullmq', redis },
      { type: 'bullmq', redis, prefix: 'other' },
    ],
    [
      { type: 'bullmq', redis },
      { type: 'bullmq', redis, namespace: 'other' },
    ],
    [
      { type: 'bullmq', redis },
      { type: 'bullmq', redis: `${redis}/1` },
    ],
    [
      { type: 'embedded', path: 'a.db' },
      { type: 'embedded', path: 'b.db' },
    ],
    [{ type: 'temporal' }, { type: 'temporal', connection: { namespace: 'other' } }],
  ])('may have %j and %j', async (first, second) => {
    const config = { engines: { first, second }, default: 'first' };
    await expect(checkPlaces(config, (source) => placeOf(source, {}))).resolves.toBeUndefined();
  });

  it('opens nothing when it is wrong, and leaves nothing open when an engine is', async () => {
    const memory = await openEngine({ type: 'embedded', memory: true });
    await expect(
      createRoutedEngine({
        engines: { memory, other: { type: 'redis' } as unknown as EngineConfig },
        default: 'memory',
      }),
    ).rejects.toThrow("there is no engine 'redis'");
    await expect(createRoutedEngine({ engines: { memory, again: memory }, default: 'memory' })).rejects.toThrow(
      "engines.again: it is the same engine as 'memory'.",
    );
    // The engine that was passed in is still open.
    expect((await memory.health()).status).toBe('healthy');
    await memory.close();
  });
});
