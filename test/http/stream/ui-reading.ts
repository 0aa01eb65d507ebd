import { asSchema, parseJsonEventStream, readUIMessageStream, type UIMessage, uiMessageChunkSchema } from 'ai';
import type { UIMessageChunk } from 'ai';

/** The chunks of a stream, each checked by the AI SDK's own schema. */
export async function chunksOf(body: ReadableStream<Uint8Array>): Promise<UIMessageChunk[]> {
  const chunks: UIMessageChunk[] = [];
  for await (const part of parseJsonEventStream({ stream: body, schema: uiMessageChunkSchema })) {
    if (!part.success) throw part.error;
    chunks.push(part.value);
  }
  return chunks;
}

/** All states of the message that the AI SDK makes of chunks, after checking them by its schema. */
export async function messagesOf(chunks: readonly unknown[], message?: UIMessage): Promise<UIMessage[]> {
  const schema = asSchema(uiMessageChunkSchema);
  const checked: UIMessageChunk[] = [];
  for (const chunk of chunks) {
    const result = await schema.validate?.(structuredClone(chunk));
    if (result?.success !== true) throw new Error(`no chunk: ${JSON.stringify(chunk)}`);
    checked.push(result.value);
  }
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of checked) controller.enqueue(chunk);
      controller.close();
    },
  });
  const errors: unknown[] = [];
  const states: UIMessage[] = [];
  const options = { stream, onError: (error: unknown) => errors.push(error), ...(message ? { message } : {}) };
  for await (const state of readUIMessageStream(options)) states.push(state);
  const said = checked.flatMap((chunk) => (chunk.type === 'error' ? [chunk.errorText] : []));
  if (errors.length > said.length) throw errors[0];
  return states;
}

/** The message as it is in the end. */
export async function messageOf(chunks: readonly unknown[], message?: UIMessage): Promise<UIMessage> {
  const last = (await messagesOf(chunks, message)).at(-1);
  if (last === undefined) throw new Error('no message');
  return last;
}

/** All text of a message. */
export function textOf({ parts }: UIMessage): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
