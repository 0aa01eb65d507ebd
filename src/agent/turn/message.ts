import { toolCallId as callId } from '../../workflow/agent/ids.ts';
import type { AssistantMessage, Json, JsonObject } from '../../workflow/protocol/index.ts';
import type { DraftCall, DraftPart, MessageDraft } from './draft.ts';
import { cut, MAX_CALLS, MAX_INVALID_ARGUMENTS, MAX_NAME } from './limits.ts';
import { parseArguments, type ParsedArguments } from './parse-arguments.ts';

/** Under this name a call's part keeps the id that the provider gave it: some accept no other when they see the call again. */
export const PROVIDER_CALL_ID = 'perdure';

/** A call of a message. */
export interface MadeCall {
  readonly toolCallId: string;
  readonly name: string;
  readonly input: ParsedArguments;
}

/** What a model said, as it enters history, and the calls in it. */
export interface MadeMessage {
  readonly message: AssistantMessage;
  readonly calls: readonly MadeCall[];
  /** Text alone, without what was thought. */
  readonly text: string;
  readonly hasFiles: boolean;
}

/** Makes the message of a draft. Ids of calls are ours: `s<step>.<index>`. */
export function makeMessage(draft: MessageDraft, step: number): MadeMessage {
  const calls: MadeCall[] = [];
  const content: AssistantMessage['content'][number][] = [];
  for (const part of draft.parts) {
    if (part.type !== 'call') content.push(...said(part));
    else {
      const call = makeCall(part, callId(step, calls.length + 1), calls.length < MAX_CALLS, draft.droppedCalls);
      calls.push(call);
      content.push({
        type: 'tool-call',
        toolCallId: call.toolCallId,
        toolName: call.name,
        input: recordedInput(part, call.input),
        providerOptions: { ...part.options, [PROVIDER_CALL_ID]: { toolCallId: cut(part.id.toWellFormed(), 256) } },
      });
    }
  }
  const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  return {
    message: { role: 'assistant', content },
    calls,
    text,
    hasFiles: content.some(({ type }) => type === 'file'),
  };
}

/** Empty text is left out; empty reasoning too, unless the provider has attached something (a signature, what it encrypted). */
function said(part: Exclude<DraftPart, DraftCall>): AssistantMessage['content'] {
  const providerOptions: { providerOptions?: Readonly<Record<string, JsonObject>> } = part.options
    ? { providerOptions: part.options }
    : {};
  if (part.type === 'file') {
    return [{ type: 'file', mediaType: part.mediaType, data: part.data, ...providerOptions }];
  }
  if (part.text === '' && (part.type === 'text' || !part.options)) return [];
  return [{ type: part.type, text: part.text.toWellFormed(), ...providerOptions }];
}

function makeCall(part: DraftCall, toolCallId: string, isLookedAt: boolean, dropped: number): MadeCall {
  const name = cut(part.name.toWellFormed(), MAX_NAME);
  if (!isLookedAt) {
    const more = dropped > 0 ? ` and the ${dropped} after it were` : ' was';
    return {
      toolCallId,
      name,
      input: { ok: false, problem: `One message may have ${MAX_CALLS} calls: this one${more} not made.` },
    };
  }
  if (!part.complete)
    return {
      toolCallId,
      name,
      input: { ok: false, problem: 'The call was cut off before its arguments were complete.' },
    };
  return { toolCallId, name, input: parseArguments(part.input) };
}

function recordedInput(part: DraftCall, input: ParsedArguments): Json {
  return input.ok ? input.value : cut(part.input.toWellFormed(), MAX_INVALID_ARGUMENTS);
}
