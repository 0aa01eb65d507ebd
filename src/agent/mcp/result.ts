import type { TextPart } from '../../workflow/protocol/index.ts';
import type { ToolContent, ToolFile } from '../encode-result.ts';
import { ToolError } from '../tool-error.ts';

type Part = TextPart | ToolFile;
type Loose = Readonly<Record<string, unknown>>;

/**
 * What an MCP server answered, as a tool returns it: its structured content, else text, else text with images and files.
 * @throws ToolError when the server says that the call failed.
 */
export function resultOf(answer: unknown): unknown {
  const { content, structuredContent, isError, toolResult } = (answer ?? {}) as Loose;
  const parts = Array.isArray(content) ? content.map((part) => partOf((part ?? {}) as Loose)) : [];
  if (isError === true) throw new ToolError(textOf(parts) || 'The MCP server says that it failed, and not why.');
  const onlyText = parts.every(({ type }) => type === 'text');
  if (structuredContent !== undefined && onlyText) return structuredContent;
  if (toolResult !== undefined) return toolResult;
  if (onlyText) return textOf(parts);
  return { type: 'content', value: parts } satisfies ToolContent;
}

function textOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

function partOf(part: Loose): Part {
  const { type, text, data, mimeType, resource } = part;
  if (type === 'text' && typeof text === 'string') return { type: 'text', text };
  if ((type === 'image' || type === 'audio') && typeof data === 'string' && typeof mimeType === 'string')
    return { type: 'file', mediaType: mimeType, data };
  if (type === 'resource') return resourceOf((resource ?? {}) as Loose);
  if (type === 'resource_link') return { type: 'text', text: [part['name'], part['uri']].filter(Boolean).join(': ') };
  return { type: 'text', text: JSON.stringify(part) };
}

function resourceOf({ text, blob, mimeType, uri }: Loose): Part {
  if (typeof text === 'string') return { type: 'text', text };
  if (typeof blob === 'string')
    return {
      type: 'file',
      mediaType: typeof mimeType === 'string' ? mimeType : 'application/octet-stream',
      data: blob,
    };
  return { type: 'text', text: typeof uri === 'string' ? uri : 'An empty resource.' };
}
