import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { classifyModelError } from '../models/classify-error.ts';
import { modelFailure } from '../models/model-failure.ts';
import { MessageDraft } from './draft.ts';

/** Hears text as it is spoken. `offset`: characters of this type before it. */
export type Listener = (type: 'text' | 'reasoning', offset: number, text: string) => void;

/**
 * Calls a model and listens until it has finished.
 * @throws ApplicationFailure `ModelFailed` when the call fails, the stream ends early, or a filter stops it.
 * @throws the signal's reason, when that is what ended it.
 */
export async function listen(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions & { readonly abortSignal: AbortSignal },
  heard: Listener,
): Promise<MessageDraft> {
  const { abortSignal } = options;
  try {
    const { stream } = await unlessAborted(model.doStream(options), abortSignal);
    const draft = await readStream(stream, abortSignal, heard);
    abortSignal.throwIfAborted();
    requireFinished(draft.finishReason);
    return draft;
  } catch (error) {
    abortSignal.throwIfAborted();
    throw classifyModelError(error);
  }
}

async function readStream(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  signal: AbortSignal,
  heard: Listener,
): Promise<MessageDraft> {
  const draft = new MessageDraft();
  const offsets = { text: 0, reasoning: 0 };
  const reader = stream.getReader();
  // A cancelled stream ends at once, also when its source knows nothing of the signal.
  const stop = (): void => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', stop, { once: true });
  try {
    // Some streams stay open after the model has finished.
    while (draft.finishReason === undefined && !signal.aborted) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value?.type === 'error') throw value.error;
      const added = value && draft.add(value);
      if (!added) continue;
      heard(added.type, offsets[added.type], added.text);
      offsets[added.type] += added.text.length;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  return draft;
}

function requireFinished(finishReason: string | undefined): void {
  if (finishReason === undefined || finishReason === 'interrupted') {
    throw modelFailure('The model stopped in the middle of its answer.', { retryable: true, code: 'interrupted' });
  }
  if (finishReason === 'error') {
    throw modelFailure('The model ended its answer with an error.', { retryable: true, code: 'error' });
  }
  if (finishReason === 'content-filter') {
    throw modelFailure("The provider's content filter stopped the answer.", {
      retryable: false,
      code: 'content-filter',
    });
  }
}

/** Ends with the signal, also when the work doesn't. */
async function unlessAborted<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
