import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { userMessage } from '../../../src/workflow/agent/outputs.ts';
import { jsonBytes, MAX_CARRIED_CONVERSATION, Transcript } from '../../../src/workflow/agent/transcript.ts';

/** Of characters of all lengths, lone surrogates among them. */
const text = fc.string({ unit: fc.constantFrom('a', '"', '\n', 'é', '€', '😀', '\ud83d', '\ude00', '\u0000') });
const here = { workflowId: 'w', runId: 'r' };
const byReference = { type: 'run', ...here };

describe('the size of JSON', () => {
  it('is that of its UTF-8', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.array(text), text), (value) => {
        expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)));
      }),
    );
    expect(jsonBytes('aé€😀')).toBe(2 + 1 + 2 + 3 + 4);
  });
});

describe('a transcript', () => {
  it('carries messages while they are small, and refers to them from then on', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 8 }), (lengths) => {
        const messages = lengths.map((length) => userMessage('x'.repeat(length)));
        const transcript = new Transcript();
        for (const message of messages) transcript.add([message]);
        const fits = messages.reduce((sum, one) => sum + jsonBytes(one) + 1, 0) <= MAX_CARRIED_CONVERSATION;
        expect(transcript.carry(here)).toEqual(fits ? { type: 'messages', messages } : byReference);
        const next = new Transcript(transcript.carry(here));
        expect(next.carry(here)).toEqual(transcript.carry(here));
        next.add([userMessage('more')]);
        expect(next.carry(here).type).toBe(transcript.carry(here).type);
      }),
      { numRuns: 30 },
    );
  });

  it('refers to what it does not know', () => {
    const transcript = new Transcript();
    transcript.add([userMessage('a')]);
    transcript.drop();
    transcript.add([userMessage('b')]);
    expect(transcript.carry(here)).toEqual(byReference);
  });
});
