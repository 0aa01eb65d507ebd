import { FAILURE, type FilePart, type Json, type TextPart, type ToolOutput } from '../workflow/protocol/index.ts';
import { encodeJson } from './encode-json.ts';
import { finalFailure } from './failures.ts';
import type { AnyTool } from './types.ts';

/** A file that a tool returns. */
export interface ToolFile {
  /** Tells it from text. */
  readonly type: 'file';
  /** IANA media type, e.g. `image/png`. */
  readonly mediaType: string;
  /** Bytes, base64, or an `http(s):` or `data:` URL. */
  readonly data: string | Uint8Array;
  /** For models that know names. */
  readonly filename?: string;
}

/** Returned by a tool, it reaches the model as text, images and files instead of JSON. */
export interface ToolContent {
  /** Tells it from other results. */
  readonly type: 'content';
  /** In this order. */
  readonly value: readonly (TextPart | ToolFile)[];
}

/**
 * What a tool returned, as it is kept and as the model is told.
 * @throws ApplicationFailure `ToolFailed` when it is no JSON, naming the place; `ResultTooLarge`. Both are final: it would be so again.
 */
export function encodeResult(tool: AnyTool, result: unknown): ToolOutput {
  const output = typeof result === 'string' ? ({ type: 'text', value: result } as const) : encodeOther(tool, result);
  const bytes = Buffer.byteLength(JSON.stringify(output.value));
  if (bytes > tool.maxResultBytes)
    throw finalFailure(
      FAILURE.resultTooLarge,
      `The result of ${tool.name} has ${bytes} bytes; at most ${tool.maxResultBytes} are allowed (maxResultBytes). Ask for less at once.`,
    );
  return output;
}

function encodeOther(tool: AnyTool, result: unknown): ToolOutput {
  const content = isContent(result) ? contentOf(tool, result) : undefined;
  return content ?? { type: 'json', value: json(tool, result) };
}

function json(tool: AnyTool, value: unknown): Json {
  const encoded = encodeJson(value);
  if (encoded.ok) return encoded.value;
  throw finalFailure(
    FAILURE.toolFailed,
    `The result of ${tool.name} can't be kept: ${encoded.path}: ${encoded.problem}.`,
  );
}

function isContent(result: unknown): result is { readonly value: readonly { readonly type: 'text' | 'file' }[] } {
  return (
    typeof result === 'object' &&
    result !== null &&
    'type' in result &&
    result.type === 'content' &&
    'value' in result &&
    Array.isArray(result.value) &&
    result.value.every((part: unknown) => isPart(part))
  );
}

function isPart(part: unknown): boolean {
  return typeof part === 'object' && part !== null && 'type' in part && (part.type === 'text' || part.type === 'file');
}

function contentOf(tool: AnyTool, { value }: { readonly value: readonly object[] }): ToolOutput {
  return { type: 'content', value: value.map((part, index) => partOf(tool, part, `value[${index}]`)) };
}

function partOf(tool: AnyTool, part: object, path: string): TextPart | FilePart {
  const { data } = part as Partial<ToolFile>;
  const plain = data instanceof Uint8Array ? { ...part, data: Buffer.from(data).toString('base64') } : part;
  const encoded = json(tool, plain) as unknown as TextPart | FilePart;
  const complete =
    encoded.type === 'text'
      ? typeof encoded.text === 'string'
      : typeof encoded.data === 'string' && typeof encoded.mediaType === 'string';
  if (complete) return encoded;
  throw finalFailure(
    FAILURE.toolFailed,
    `The result of ${tool.name} can't be kept: ${path}: a text part has text; a file part has mediaType and data.`,
  );
}
