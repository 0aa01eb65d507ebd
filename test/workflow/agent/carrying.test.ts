import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callsOf, calledName, countCalls, resumedCalls, type Call } from '../../../src/workflow/agent/call.ts';
import { carriedDelta, deltaMessages, inCallOrder, openCalls } from '../../../src/workflow/agent/carrying.ts';
import { childPath, childWorkflowId, toolCallId, waitId } from '../../../src/workflow/agent/ids.ts';
import { toldByReference, toldByValue, type News } from '../../../src/workflow/agent/news.ts';
import { jsonBytes } from '../../../src/workflow/agent/transcript.ts';
import { userMessage } from '../../../src/workflow/agent/outputs.ts';
import type { AssistantMessage, Decision, OpenCall } from '../../../src/workflow/protocol/index.ts';

const call = (index: number): Call => ({
  decision: { type: 'execute_tool', toolCallId: toolCallId(3, index), tool: 'look' },
  input: { index },
  phase: 'done',
});

function newsOf(index: number, byReference: boolean, size = 1): News {
  const id = toolCallId(3, index);
  const output = { type: 'text', value: 'x'.repeat(size) } as const;
  return byReference
    ? toldByReference(call(index), output, { type: 'tool', activityId: id, toolCallId: id, toolName: 'look' })
    : toldByValue(call(index), output);
}

const idsOf = (news: readonly News[]): (string | undefined)[] =>
  news.map(({ message }) => (message?.role === 'tool' ? message.content[0]?.toolCallId : message?.role));

describe('news', () => {
  it('are told in the order of their calls, whenever they came, and what users said after them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 40 })), fc.infiniteStream(fc.boolean()), (order, coins) => {
        const message = userMessage('hi');
        const said: News = { item: { type: 'message', message }, message };
        const came = [said, ...order.map((index) => newsOf(index, coins.next().value ?? false))];
        const sorted = order.toSorted((a, b) => a - b).map((index) => `s3.${index}`);
        expect(idsOf(inCallOrder(came))).toEqual([...sorted, 'user']);
      }),
    );
  });

  it('are carried in full while they are small, and otherwise say in which run they stand', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ size: fc.nat(200_000), ref: fc.boolean() }), { maxLength: 5 }), (ones) => {
        const news = ones.map(({ size, ref }, index) => newsOf(index + 1, ref, size));
        const carried = carriedDelta(news, 'run-1');
        expect(carried).toHaveLength(news.length);
        const small = jsonBytes(deltaMessages(news)) <= 256 * 1024;
        const full = news.map(({ message }) => ({ type: 'message', message }));
        const placed = news.map(({ item }) => (item.type === 'message' ? item : { ...item, runId: 'run-1' }));
        expect(carried).toEqual(small ? full : placed);
        // What was referred to stays where it stands.
        expect(
          carriedDelta(
            carried.map((item) => ({ item })),
            'run-2',
          ),
        ).toEqual(carried);
      }),
      { numRuns: 30 },
    );
  });
});

const decision: fc.Arbitrary<Decision> = fc.integer({ min: 1, max: 9 }).chain((index) => {
  const id = toolCallId(1, index);
  return fc.constantFrom<Decision>(
    { type: 'call_agent', toolCallId: id, agent: 'leaf' },
    { type: 'execute_tool', toolCallId: id, tool: 'look' },
    { type: 'request_user_input', toolCallId: id, message: '?' },
    { type: 'refuse_call', toolCallId: id, toolName: 'odd', error: 'No.' },
    { type: 'complete', output: 1 },
    { type: 'refuse_message', error: 'No.' },
  );
});

describe('calls', () => {
  it('are those of a message, with their arguments, and count when they are made', () => {
    fc.assert(
      fc.property(fc.array(decision), (decisions) => {
        const ids = decisions.flatMap((one) => ('toolCallId' in one ? [one.toolCallId] : []));
        const message: AssistantMessage = {
          role: 'assistant',
          content: ids.map((id) => ({ type: 'tool-call', toolCallId: id, toolName: 'any', input: { id } })),
        };
        const calls = callsOf(decisions, message);
        expect(calls.map(({ input }) => input)).toEqual(ids.map((id) => ({ id })));
        const agents = calls.filter((one) => calledName(one.decision) === 'leaf').length;
        const tools = calls.filter((one) => calledName(one.decision) === 'look').length;
        expect(countCalls(calls)).toEqual({ calls: agents + tools, agents });
      }),
    );
  });

  it('that are open go on in the next run where they stand', () => {
    const phase = fc.constantFrom<Call['phase']>('work', 'done', 'ask', 'result', 'child');
    fc.assert(
      fc.property(fc.array(fc.tuple(decision, phase)), (ones) => {
        const calls = ones.flatMap(([one, at]): Call[] =>
          'toolCallId' in one ? [{ decision: one, input: { a: 1 }, phase: at }] : [],
        );
        const open: readonly OpenCall[] = openCalls(calls);
        const resumed = resumedCalls(JSON.parse(JSON.stringify(open)) as OpenCall[]);
        expect(resumed.map(({ resumed: at }) => at)).toEqual(open.map(({ phase: at }) => at));
        expect(resumed.map((one) => one.decision)).toEqual(
          calls.filter(({ phase: at }) => at !== 'work' && at !== 'done').map((one) => one.decision),
        );
      }),
    );
  });
});

describe('ids', () => {
  it('are unique in a tree', () => {
    const place = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })), {
      minLength: 1,
      maxLength: 4,
    });
    const idOf = (steps: readonly (readonly [number, number])[]): string => {
      const ids = steps.map(([step, index]) => toolCallId(step, index));
      const path = ids.slice(0, -1).reduce((above, id) => childPath(above, id), '');
      return waitId(path, ids.at(-1) ?? '');
    };
    fc.assert(
      fc.property(place, place, (a, b) => {
        expect(idOf(a) === idOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    expect(childWorkflowId('order-1', 's3.1', 'billing')).toBe('order-1/s3.1.billing');
  });
});
