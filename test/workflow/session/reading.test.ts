import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readCancelRequest,
  readFullAnswer,
  readReport,
  readUserContent,
  readWaitChange,
} from '../../../src/workflow/session/reading.ts';

const readers = [readCancelRequest, readFullAnswer, readReport, readUserContent, readWaitChange];

describe('what signals bring', () => {
  it('may be anything', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record(
        {
          type: fc.constantFrom('opened', 'closed', 'dropped', 'completed', 'failed', 'odd'),
          kind: fc.constantFrom('input', 'odd'),
          wait: fc.anything(),
          waitId: fc.anything(),
          outcome: fc.anything(),
          workflowId: fc.anything(),
          toolCallId: fc.anything(),
          end: fc.anything(),
          reason: fc.anything(),
          deadline: fc.anything(),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(anything, fc.constantFrom(...readers), (value, read) => {
        expect(() => read(value)).not.toThrow();
      }),
    );
  });

  it('is taken when it makes sense', () => {
    const outcome = { type: 'value', value: 1 };
    expect(readFullAnswer({ kind: 'tool', outcome })).toBeDefined();
    expect(readFullAnswer({ kind: 'odd', outcome })).toBeUndefined();
    expect(readFullAnswer({ kind: 'tool', waitId: 7, outcome })).toBeUndefined();
    expect(readFullAnswer({ kind: 'tool' })).toBeUndefined();
    const wait = { id: 'w', kind: 'tool', workflowId: 'r', message: '?' };
    expect(readWaitChange({ type: 'opened', wait })).toBeDefined();
    expect(readWaitChange({ type: 'opened', wait: { ...wait, id: 7 } })).toBeUndefined();
    expect(readWaitChange({ type: 'closed', waitId: 'w' })).toBeDefined();
    expect(readWaitChange({ type: 'dropped', workflowId: 'r/a' })).toBeDefined();
    expect(readWaitChange({ type: 'dropped', waitId: 'w' })).toBeUndefined();
    const of = { workflowId: 'r', toolCallId: 's1.1' };
    expect(readReport({ ...of, end: { type: 'completed', result: { output: 1, spent: {} } } })).toBeDefined();
    expect(readReport({ ...of, end: { type: 'failed', message: 'No.' } })).toBeDefined();
    expect(readReport({ ...of, end: { type: 'completed' } })).toBeUndefined();
    expect(readUserContent('hi')).toBe('hi');
    expect(readUserContent([{ type: 'text', text: 'hi' }])).toHaveLength(1);
    for (const blank of ['', ' \n', [{ type: 'text', text: ' ' }]]) expect(readUserContent(blank)).toBeUndefined();
    expect(readUserContent([{ type: 'file', mediaType: 'image/png', data: 'aGk=' }])).toHaveLength(1);
    expect(readCancelRequest({ deadline: -1 })).toEqual({ deadline: 0 });
    expect(readCancelRequest({ deadline: 1e15 })).toEqual({ deadline: 86_400_000 });
    expect(readUserContent({ text: 'hi' })).toBeUndefined();
    expect(readCancelRequest({ reason: 'r', deadline: 5 })).toEqual({ reason: 'r', deadline: 5 });
    expect(readCancelRequest({ reason: 7, deadline: Number.NaN })).toEqual({});
    expect(readCancelRequest('now')).toEqual({});
  });
});
