import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { FailureTurn, MessageTurn, ScriptedUsage } from './turn.ts';

const DEFAULT_TOKENS = 10;

/** A message as `doGenerate` returns it. */
export function toResult(turn: MessageTurn, modelId: string): LanguageModelV4GenerateResult {
  return {
    content: [...turn.content],
    finishReason: { unified: turn.finishReason, raw: turn.finishReason },
    usage: toUsage(turn.usage),
    warnings: [],
    response: { modelId },
  };
}

/**
 * A turn as `doStream` streams it: each piece when the reader is ready for it.
 * @param onDelivered called when the reader gets the last part of a message.
 */
export function toStream(
  turn: MessageTurn | FailureTurn,
  modelId: string,
  signal: AbortSignal | undefined,
  onDelivered: () => void,
): ReadableStream<LanguageModelV4StreamPart> {
  const parts = turn.type === 'message' ? messageParts(turn, modelId) : failureParts(turn, modelId);
  return new ReadableStream(
    {
      pull(controller) {
        if (signal?.aborted) return controller.error(signal.reason);
        const { value, done } = parts.next();
        if (done) return controller.close();
        if (value.type === 'finish') onDelivered();
        controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

function* messageParts(turn: MessageTurn, modelId: string): Generator<LanguageModelV4StreamPart> {
  yield* opening(modelId);
  for (const [index, part] of turn.content.entries()) yield* contentParts(part, String(index), turn.pieces);
  yield {
    type: 'finish',
    usage: toUsage(turn.usage),
    finishReason: { unified: turn.finishReason, raw: turn.finishReason },
  };
}

function* failureParts({ error, after }: FailureTurn, modelId: string): Generator<LanguageModelV4StreamPart> {
  yield* opening(modelId);
  // It breaks off: what was begun does not end.
  for (const part of textParts('text', '0', toPieces(after))) if (part.type !== 'text-end') yield part;
  yield { type: 'error', error };
}

function* opening(modelId: string): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  yield { type: 'response-metadata', modelId };
}

function* contentParts(
  part: LanguageModelV4Content,
  id: string,
  pieces: readonly string[] | undefined,
): Generator<LanguageModelV4StreamPart> {
  switch (part.type) {
    case 'text':
      return yield* textParts('text', id, pieces ?? toPieces(part.text));
    case 'reasoning':
      return yield* textParts('reasoning', id, toPieces(part.text));
    case 'tool-call':
      yield { type: 'tool-input-start', id: part.toolCallId, toolName: part.toolName };
      for (const delta of toPieces(part.input)) yield { type: 'tool-input-delta', id: part.toolCallId, delta };
      yield { type: 'tool-input-end', id: part.toolCallId };
      yield part;
      return;
    default:
      yield part;
  }
}

function* textParts(
  type: 'text' | 'reasoning',
  id: string,
  pieces: readonly string[],
): Generator<LanguageModelV4StreamPart> {
  yield { type: `${type}-start`, id };
  for (const delta of pieces) yield { type: `${type}-delta`, id, delta };
  yield { type: `${type}-end`, id };
}

/** Word by word, each with the space that follows it. */
function toPieces(text: string): string[] {
  return text.match(/\S*\s*/g)?.filter((piece) => piece !== '') ?? [];
}

function toUsage(usage: ScriptedUsage): LanguageModelV4Usage {
  const { inputTokens = DEFAULT_TOKENS, outputTokens = DEFAULT_TOKENS } = usage;
  const { cachedInputTokens = 0, reasoningTokens = 0 } = usage;
  return {
    inputTokens: {
      total: inputTokens,
      noCache: inputTokens - cachedInputTokens,
      cacheRead: cachedInputTokens,
      cacheWrite: 0,
    },
    outputTokens: { total: outputTokens, text: outputTokens - reasoningTokens, reasoning: reasoningTokens },
  };
}
