import { describe, expect, it } from 'vitest';
import { resultOf } from '../../../src/agent/mcp/result.ts';
import { ToolError } from '../../../src/index.ts';

const image = { type: 'image', mimeType: 'image/png', data: 'AQID' };

describe('the result of an MCP tool', () => {
  it.each([
    ['nothing', {}, ''],
    [
      'several texts',
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      'a\nb',
    ],
    ['the older form', { toolResult: { a: 1 } }, { a: 1 }],
    [
      'structures beside images',
      { content: [image], structuredContent: { a: 1 } },
      { type: 'content', value: [{ type: 'file', mediaType: 'image/png', data: 'AQID' }] },
    ],
    ['an embedded text', { content: [{ type: 'resource', resource: { uri: 'a:b', text: 'inside' } }] }, 'inside'],
    [
      'an embedded file',
      { content: [{ type: 'resource', resource: { uri: 'a:b', blob: 'AQID' } }] },
      { type: 'content', value: [{ type: 'file', mediaType: 'application/octet-stream', data: 'AQID' }] },
    ],
    ['an embedded nothing', { content: [{ type: 'resource', resource: { uri: 'a:b' } }] }, 'a:b'],
    ['a link', { content: [{ type: 'resource_link', uri: 'file:///a', name: 'a' }] }, 'a: file:///a'],
    ['what nobody knows yet', { content: [{ type: 'hologram', of: 1 }] }, '{"type":"hologram","of":1}'],
  ])('may be %s', (_, answer, result) => {
    expect(resultOf(answer)).toEqual(result);
  });

  it('may be an error', () => {
    expect(() => resultOf({ isError: true, content: [] })).toThrow(ToolError);
    expect(() => resultOf({ isError: true, content: [] })).toThrow('not why');
  });
});
