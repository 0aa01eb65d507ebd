import { describe, expect, it } from 'vitest';
import { ConversationCache } from '../../../src/agent/conversation/cache.ts';
import { ConversationLostError } from '../../../src/agent/conversation/errors.ts';
import { readConversation } from '../../../src/agent/conversation/read-conversation.ts';
import type {
  AssistantMessage,
  CallModelInput,
  ConversationItem,
  Message,
  ModelTurn,
} from '../../../src/workflow/protocol/index.ts';
import { fakeClient, FakeHistory, payloads, runId, workflowId } from '../call-model/support.ts';

const definition = { name: 'support', hash: 'h', instructions: 'Help.' };
const user = (value: string): Message => ({ role: 'user', content: [{ type: 'text', text: value }] });
const assistant = (value: string): AssistantMessage => ({
  role: 'assistant',
  content: [{ type: 'text', text: value }],
});
const turn = (value: string): Partial<ModelTurn> => ({ message: assistant(value) });
const asking = (step: number, ...delta: ConversationItem[]): CallModelInput => ({
  step,
  agent: 'support',
  definitionHash: 'h',
  delta,
});
const said = (value: string): ConversationItem => ({ type: 'message', message: user(value) });
const tool = (id: string, earlier?: string): ConversationItem => ({
  type: 'tool',
  activityId: id,
  toolCallId: id,
  toolName: 'lookup',
  ...(earlier === undefined ? {} : { runId: earlier }),
});
const child = (id: string): ConversationItem => ({
  type: 'agent',
  workflowId: id,
  toolCallId: 's1.1',
  toolName: 'billing',
});
const begun = (): FakeHistory =>
  new FakeHistory()
    .started({ agent: 'support', input: 'Hello' })
    .activity('agent.resolve', '1', {}, { definition, opening: 'Hello' });

async function read(history: FakeHistory, upTo?: number) {
  const { client } = fakeClient({ [runId]: history });
  const options = { cache: new ConversationCache(), ...(upTo === undefined ? {} : { upTo }) };
  return await readConversation(client, { workflowId, runId }, options);
}

describe('the conversation in a history', () => {
  it('is empty before the run has begun', async () => {
    await expect(read(new FakeHistory().started({ agent: 'support', input: 'Hello' }))).resolves.toEqual({
      definition: undefined,
      messages: [],
    });
  });

  it('opens with what was resolved, text or parts', async () => {
    const parts = [{ type: 'file', mediaType: 'image/png', data: 'AQID' }];
    const history = new FakeHistory().activity('agent.resolve', '1', {}, { definition, opening: parts });
    expect((await read(begun())).messages).toEqual([user('Hello')]);
    expect((await read(history)).messages).toEqual([{ role: 'user', content: parts }]);
    expect((await read(history)).definition).toEqual(definition);
  });

  it('puts results of calls first, in one message, whatever else is new', async () => {
    const error: Message = {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 's1.3', toolName: 'x', output: { type: 'error', value: 'no' } }],
    };
    const history = begun()
      .activity('agent.callModel', 'model.1', asking(1), turn('Calling.'))
      .tool('s1.1', { type: 'json', value: { a: 1 } })
      .tool('s1.2', { type: 'text', value: 'two' })
      .activity(
        'agent.callModel',
        'model.2',
        asking(2, said('Faster!'), tool('s1.2'), tool('s1.1'), { type: 'message', message: error }),
        turn('Done.'),
      );
    expect((await read(history)).messages).toEqual([
      user('Hello'),
      assistant('Calling.'),
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 's1.2', toolName: 'lookup', output: { type: 'text', value: 'two' } },
          { type: 'tool-result', toolCallId: 's1.1', toolName: 'lookup', output: { type: 'json', value: { a: 1 } } },
          ...error.content,
        ],
      },
      user('Faster!'),
      assistant('Done.'),
    ]);
  });

  it('ends before a step when only what that one is given is asked for', async () => {
    const history = begun()
      .activity('agent.callModel', 'model.1', asking(1), turn('One.'))
      .activity('agent.callModel', 'model.2', asking(2, said('More')), turn('Two.'))
      .activity('agent.callModel', 'model.3', asking(3, said('And more')), turn('Three.'));
    expect((await read(history, 2)).messages).toEqual([user('Hello'), assistant('One.'), user('More')]);
    expect((await read(history, 1)).messages).toEqual([user('Hello')]);
  });

  it('leaves a failed call of the model out when another of its step follows', async () => {
    const history = begun()
      .activity('agent.callModel', 'model.1', asking(1, said('First try')))
      .activity('agent.callModel', 'model.1b', asking(1, said('Second try')), turn('Now.'));
    expect((await read(history)).messages).toEqual([user('Hello'), user('Second try'), assistant('Now.')]);
  });

  it('keeps what was said to a call that failed', async () => {
    const history = begun()
      .activity('agent.callModel', 'model.1', asking(1, said('First')))
      .activity('agent.callModel', 'model.2', asking(2, said('Second')), turn('Now.'));
    expect((await read(history)).messages).toEqual([user('Hello'), user('First'), user('Second'), assistant('Now.')]);
  });

  it.each([
    ['failed', { activityTaskFailedEventAttributes: { failure: { message: 'no such order' } } }, 'no such order'],
    [
      'failed with a message of its cause only',
      { activityTaskFailedEventAttributes: { failure: { cause: { message: 'deeper' } } } },
      'deeper',
    ],
    [
      'failed, encoded',
      {
        activityTaskFailedEventAttributes: {
          failure: { message: 'Encoded failure', encodedAttributes: payloads({ message: 'secret' }).payloads?.[0] },
        },
      },
      'secret',
    ],
    ['timed out', { activityTaskTimedOutEventAttributes: { failure: { message: 'too slow' } } }, 'too slow'],
    ['was cancelled', { activityTaskCanceledEventAttributes: {} }, 'The call was cancelled.'],
    ['failed without a word', { activityTaskFailedEventAttributes: {} }, 'The tool failed.'],
  ])('tells of a tool that %s', async (_, ending, message) => {
    const history = begun().activity('agent.executeTool', 's1.1', {});
    const scheduledEventId = history.events.length;
    const [[name, attributes]] = Object.entries(ending) as [[string, object]];
    history.add({ [name]: { ...attributes, scheduledEventId } });
    history.activity('agent.callModel', 'model.2', asking(2, tool('s1.1')));
    expect((await read(history)).messages.at(-1)).toMatchObject({
      content: [{ toolCallId: 's1.1', output: { type: 'error', value: message } }],
    });
  });

  const workflowExecution = { workflowId: 'c' };
  const spent = { steps: 1 };
  it.each([
    [
      'text',
      {
        childWorkflowExecutionCompletedEventAttributes: {
          workflowExecution,
          result: payloads({ output: 'Paid.', finish: 'complete', spent }),
        },
      },
      { type: 'text', value: 'Paid.' },
    ],
    [
      'structured',
      {
        childWorkflowExecutionCompletedEventAttributes: {
          workflowExecution,
          result: payloads({ output: { paid: 1 }, finish: 'limit', spent }),
        },
      },
      { type: 'json', value: { paid: 1 } },
    ],
    [
      'of a workflow of one’s own',
      { childWorkflowExecutionCompletedEventAttributes: { workflowExecution, result: payloads([1, 2]) } },
      { type: 'json', value: [1, 2] },
    ],
    [
      'nothing',
      { childWorkflowExecutionCompletedEventAttributes: { workflowExecution } },
      { type: 'json', value: null },
    ],
    [
      'a failure',
      { childWorkflowExecutionFailedEventAttributes: { workflowExecution, failure: { message: 'broke' } } },
      { type: 'error', value: 'broke' },
    ],
    [
      'a timeout',
      { childWorkflowExecutionTimedOutEventAttributes: { workflowExecution } },
      { type: 'error', value: 'The agent did not finish.' },
    ],
    [
      'a report',
      {
        workflowExecutionSignaledEventAttributes: {
          signalName: 'perdure.childEnded',
          input: payloads({ workflowId: 'c', toolCallId: 's1.1', end: { type: 'completed', result: 'Paid.' } }),
        },
      },
      { type: 'text', value: 'Paid.' },
    ],
    [
      'a report of a failure',
      {
        workflowExecutionSignaledEventAttributes: {
          signalName: 'perdure.childEnded',
          input: payloads({ workflowId: 'c', toolCallId: 's1.1', end: { type: 'failed', message: 'broke' } }),
        },
      },
      { type: 'error', value: 'broke' },
    ],
  ])('tells what a sub-agent came to: %s', async (_, ending, output) => {
    const history = begun();
    history.add(ending);
    history.activity('agent.callModel', 'model.2', asking(2, child('c')));
    expect((await read(history)).messages.at(-1)).toMatchObject({ content: [{ toolCallId: 's1.1', output }] });
  });

  it('tells what a check of a sub-agent has found', async () => {
    const history = begun()
      .activity('agent.checkChild', '7', 'c', null)
      .activity('agent.checkChild', '8', 'c', { type: 'failed', message: 'terminated' })
      .activity('agent.callModel', 'model.2', asking(2, child('c')));
    expect((await read(history)).messages.at(-1)).toMatchObject({ content: [{ output: { value: 'terminated' } }] });
  });

  it('is lost when a result is nowhere', async () => {
    const history = begun()
      .activity('agent.executeTool', 's1.1', {}, { type: 'pending' })
      .activity('agent.callModel', 'model.2', asking(2, tool('s1.1')));
    await expect(read(history)).rejects.toThrow(ConversationLostError);
  });

  it('passes over what has nothing to do with it', async () => {
    const history = begun();
    history.add({ workflowExecutionSignaledEventAttributes: { signalName: 'steer', input: payloads('x') } });
    history.activity('sendMail', 'a', { to: 'x' }, 'sent');
    history.add({ timerStartedEventAttributes: { timerId: '1' } });
    expect((await read(history)).messages).toEqual([user('Hello')]);
  });
});

describe('a run that continues another', () => {
  const earlier = '00000000-0000-4000-8000-00000000000e';
  const carried = (conversation: object) => ({
    agent: 'support',
    input: 'Hello',
    carried: { definition, conversation, state: {} },
  });
  const before = () =>
    begun()
      .activity('agent.callModel', 'model.1', asking(1), turn('One.'))
      .tool('s1.1', { type: 'text', value: 'kept' });
  const execution = { workflowId, runId };
  const options = () => ({ cache: new ConversationCache() });

  it('has the messages that were carried along', async () => {
    const history = new FakeHistory().started(carried({ type: 'messages', messages: [user('Carried')] }));
    history.activity('agent.callModel', 'model.2', asking(2, said('More')), turn('Two.'));
    const { client, requests } = fakeClient({ [runId]: history });
    await expect(readConversation(client, execution, options())).resolves.toEqual({
      definition,
      messages: [user('Carried'), user('More'), assistant('Two.')],
    });
    expect(requests).toHaveLength(1);
  });

  it('has those in the history of the run before, and of the one before that', async () => {
    const middle = '00000000-0000-4000-8000-00000000000d';
    const second = new FakeHistory()
      .started(carried({ type: 'run', workflowId, runId: earlier }))
      .activity('agent.callModel', 'model.2', asking(2, tool('s1.1', earlier)), turn('Two.'));
    const third = new FakeHistory()
      .started(carried({ type: 'run', workflowId, runId: middle }))
      .activity('agent.callModel', 'model.3', asking(3, said('More')));
    const { client } = fakeClient({ [earlier]: before(), [middle]: second, [runId]: third });
    expect((await readConversation(client, execution, options())).messages).toMatchObject([
      user('Hello'),
      assistant('One.'),
      { role: 'tool', content: [{ output: { value: 'kept' } }] },
      assistant('Two.'),
      user('More'),
    ]);
  });

  it('finds results in the run before also when the conversation was carried along', async () => {
    const history = new FakeHistory()
      .started(carried({ type: 'messages', messages: [] }))
      .activity('agent.callModel', 'model.2', asking(2, tool('s1.1', earlier)));
    const { client } = fakeClient({ [earlier]: before(), [runId]: history });
    expect((await readConversation(client, execution, options())).messages).toMatchObject([
      { role: 'tool', content: [{ output: { value: 'kept' } }] },
    ]);
  });

  it('has lost it when that history is gone', async () => {
    const history = new FakeHistory().started(carried({ type: 'run', workflowId, runId: earlier }));
    const { client } = fakeClient({ [runId]: history });
    const reading = readConversation(client, execution, options());
    await expect(reading).rejects.toThrow(ConversationLostError);
    await expect(reading).rejects.toMatchObject({
      code: 'CONVERSATION_LOST',
      message: expect.stringContaining(earlier),
    });
  });
});

describe('the cache', () => {
  const execution = { workflowId, runId };
  const grow = (history: FakeHistory, from: number, to: number): void => {
    for (let step = from; step <= to; step += 1) {
      history.activity('agent.callModel', `model.${step}`, asking(step, said(`${step}?`)), turn(`${step}!`));
    }
  };

  it('reads what is new and nothing else, however long the history is', async () => {
    const history = begun();
    grow(history, 1, 500);
    const { client, requests } = fakeClient({ [runId]: history });
    const cache = new ConversationCache();
    const first = await readConversation(client, execution, { cache });
    expect(first.messages).toHaveLength(1001);
    expect(requests.map(({ events }) => events)).toEqual([200, 200, 200, 200, 200, 3]);
    requests.length = 0;
    grow(history, 501, 501);
    const second = await readConversation(client, execution, { cache });
    expect(second.messages).toHaveLength(1003);
    expect(second.messages.slice(0, 1001)).toEqual(first.messages);
    expect(requests.map(({ events }) => events)).toEqual([32]);
    // More is new than a small page has.
    grow(history, 502, 540);
    expect((await readConversation(client, execution, { cache })).messages).toHaveLength(1081);
  });

  it('is not confused by two readers at once', async () => {
    const history = begun();
    grow(history, 1, 3);
    const { client } = fakeClient({ [runId]: history });
    const cache = new ConversationCache();
    const readers = Array.from({ length: 3 }, () => readConversation(client, execution, { cache }));
    grow(history, 4, 5);
    readers.push(readConversation(client, execution, { cache }));
    await Promise.all(readers);
    const { messages } = await readConversation(client, execution, { cache });
    const alone = await readConversation(client, execution, { cache: new ConversationCache() });
    expect(messages).toEqual(alone.messages);
    expect(messages).toHaveLength(11);
  });

  it('forgets what was used least, by number and by size', async () => {
    const ids = ['a', 'b', 'c'];
    const histories = Object.fromEntries(ids.map((id) => [id, begun()]));
    const { client, requests } = fakeClient(histories);
    const readOne = (id: string, cache: ConversationCache) =>
      readConversation(client, { workflowId, runId: id }, { cache });
    const few = new ConversationCache({ maxRuns: 2 });
    for (const id of ['a', 'b', 'a', 'c']) await readOne(id, few);
    expect(few.size).toBe(2);
    requests.length = 0;
    await readOne('a', few);
    // Known up to the last event that matters, which may be followed by others.
    expect(requests).toEqual([{ runId: 'a', events: 3 }]);
    expect(few.take('b').lastEventId).toBe(0);
    expect(few.take('a').lastEventId).toBeGreaterThan(0);
    const small = new ConversationCache({ maxBytes: 10 });
    for (const id of ids) await readOne(id, small);
    expect(small.size).toBe(0);
  });
});
