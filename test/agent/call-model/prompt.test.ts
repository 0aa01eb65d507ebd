import { describe, expect, it } from 'vitest';
import { toPrompt } from '../../../src/agent/turn/prompt.ts';
import type { Message, ToolCallPart, ToolOutput, ToolResultPart } from '../../../src/workflow/protocol/index.ts';

const call = (toolCallId: string, given?: string, more: Partial<ToolCallPart> = {}): ToolCallPart => ({
  type: 'tool-call',
  toolCallId,
  toolName: 'lookup_order',
  input: { orderId: '1' },
  ...(given === undefined ? {} : { providerOptions: { perdure: { toolCallId: given } } }),
  ...more,
});
const result = (toolCallId: string, output: ToolOutput = { type: 'text', value: 'x' }): ToolResultPart => ({
  type: 'tool-result',
  toolCallId,
  toolName: 'lookup_order',
  output,
});
const said = (...content: Extract<Message, { role: 'assistant' }>['content'][number][]): Message => ({
  role: 'assistant',
  content,
});
const told = (...content: ToolResultPart[]): Message => ({ role: 'tool', content });
const user = (...content: Extract<Message, { role: 'user' }>['content'][number][]): Message => ({
  role: 'user',
  content,
});

function ids(...messages: Message[]): string[] {
  return toPrompt('', messages).flatMap(({ content }) =>
    typeof content === 'string' ? [] : content.flatMap((part) => ('toolCallId' in part ? [part.toolCallId] : [])),
  );
}

describe('a prompt', () => {
  it('begins with the instructions, if there are any', () => {
    const hello = user({ type: 'text', text: 'Hello' });
    expect(toPrompt('Help.', [hello])).toEqual([{ role: 'system', content: 'Help.' }, hello]);
    expect(toPrompt('', [hello])).toEqual([hello]);
  });

  it.each([
    ['base64', 'AQID', { type: 'data', data: 'AQID' }, 'image/*'],
    ['an URL', 'https://example.com/a.png', { type: 'url', url: new URL('https://example.com/a.png') }, 'image/*'],
    ['a data URL', 'data:image/gif;base64,AQID', { type: 'data', data: 'AQID' }, 'image/gif'],
    ['a data URL of text', 'data:text/plain;charset=utf-8,a%20b', { type: 'data', data: 'YSBi' }, 'text/plain'],
    ['a data URL that is cut', 'data:image/gif', { type: 'data', data: 'data:image/gif' }, 'image/*'],
    ['a data URL with a wrong escape', 'data:,%ZZ', { type: 'data', data: 'JVpa' }, 'image/*'],
  ])('has files as providers take them: %s', (_, data, expected, mediaType) => {
    const file = {
      type: 'file',
      mediaType: 'image/*',
      data,
      filename: 'a',
      providerOptions: { x: { detail: 'low' } },
    } as const;
    expect(toPrompt('', [user(file)])[0]?.content).toEqual([{ ...file, data: expected, mediaType }]);
  });

  it('has what came of calls as providers take it', () => {
    const outputs: ToolOutput[] = [
      { type: 'text', value: 'a' },
      { type: 'json', value: { b: [1, null] } },
      { type: 'error', value: 'c' },
      {
        type: 'content',
        value: [
          { type: 'text', text: 'd' },
          { type: 'file', mediaType: 'image/png', data: 'AQID' },
        ],
      },
    ];
    const calls = outputs.map((_, index) => call(`s1.${index + 1}`));
    const prompt = toPrompt('', [
      said(...calls),
      told(...outputs.map((output, index) => result(`s1.${index + 1}`, output))),
    ]);
    expect(prompt[1]?.content).toMatchObject([
      { output: { type: 'text', value: 'a' } },
      { output: { type: 'json', value: { b: [1, null] } } },
      { output: { type: 'error-text', value: 'c' } },
      {
        output: {
          type: 'content',
          value: [
            { type: 'text', text: 'd' },
            { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AQID' } },
          ],
        },
      },
    ]);
  });

  it('gives reasoning and text back with what the provider attached', () => {
    const parts = [
      { type: 'reasoning', text: 'Hm.', providerOptions: { a: { signature: 'x' } } },
      { type: 'text', text: 'Hello', providerOptions: { a: { itemId: 'y' } } },
    ] as const;
    expect(toPrompt('', [said(...parts)])).toEqual([{ role: 'assistant', content: parts }]);
  });

  it('gives calls the ids of their provider, unless these are not unique or not usable', () => {
    expect(ids(said(call('s1.1', 'call_a'), call('s1.2', 'call_b')), told(result('s1.2'), result('s1.1')))).toEqual([
      'call_a',
      'call_b',
      'call_a',
      'call_b',
    ]);
    expect(ids(said(call('s1.1', 'same'), call('s1.2', 'same')), told(result('s1.1'), result('s1.2')))).toEqual([
      's1_1',
      's1_2',
      's1_1',
      's1_2',
    ]);
    for (const id of ['', 'a b', 'ü', 'x'.repeat(65), '📦', 's2_1', '__proto__\n']) {
      expect(ids(said(call('s1.1', id)), told(result('s1.1')))).toEqual(['s1_1', 's1_1']);
    }
    const again = [said(call('s1.1', 'same')), told(result('s1.1')), said(call('s2.1', 'same')), told(result('s2.1'))];
    expect(ids(...again)).toEqual(['s1_1', 's1_1', 's2_1', 's2_1']);
  });

  it('keeps the id of the provider to itself', () => {
    const both = call('s1.1', 'call_a', {
      providerOptions: { perdure: { toolCallId: 'call_a' }, google: { thoughtSignature: 'x' } },
    });
    expect(toPrompt('', [said(both), told(result('s1.1'))])[0]?.content).toEqual([
      {
        type: 'tool-call',
        toolCallId: 'call_a',
        toolName: 'lookup_order',
        input: { orderId: '1' },
        providerOptions: { google: { thoughtSignature: 'x' } },
      },
    ]);
  });

  it('has a result for every call, directly after it, and none without a call', () => {
    const lost = { type: 'error-text', value: 'This call was not carried out.' };
    const prompt = toPrompt('', [
      told(result('s0.1')),
      said(call('s1.1'), call('s1.2')),
      told(result('s1.2'), result('s9.9')),
      said(call('s2.1')),
      user({ type: 'text', text: 'Stop!' }),
      said(call('s3.1')),
    ]);
    expect(prompt).toMatchObject([
      { role: 'assistant' },
      {
        role: 'tool',
        content: [
          { toolCallId: 's1_1', output: lost },
          { toolCallId: 's1_2', output: { value: 'x' } },
        ],
      },
      { role: 'assistant' },
      { role: 'tool', content: [{ toolCallId: 's2_1', output: lost }] },
      { role: 'user' },
      { role: 'assistant' },
      { role: 'tool', content: [{ toolCallId: 's3_1', output: lost }] },
    ]);
    expect(prompt[1]?.content).toHaveLength(2);
  });

  it('hides names and arguments that providers would refuse', () => {
    const odd = call('s1.1', undefined, { toolName: 'lookup order!', input: '{"orderId":' });
    const list = call('s1.2', undefined, { input: [1] });
    const prompt = toPrompt('', [said(odd, list), told(result('s1.1'), result('s1.2'))]);
    expect(prompt[0]?.content).toMatchObject([{ toolName: 'invalid_name', input: {} }, { input: {} }]);
    expect(prompt[1]?.content).toMatchObject([{ toolName: 'invalid_name' }, { toolName: 'lookup_order' }]);
  });

  it('leaves out what came to nothing', () => {
    expect(toPrompt('', [said(), user({ type: 'text', text: 'Your message was empty.' })])).toHaveLength(1);
  });
});
