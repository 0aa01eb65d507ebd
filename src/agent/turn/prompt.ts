import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { AssistantMessage, Message, ToolCallPart, ToolResultPart } from '../../workflow/protocol/index.ts';
import { PROVIDER_CALL_ID } from './message.ts';
import { filePart, userPart } from './prompt-files.ts';
import { resultOutput } from './prompt-results.ts';

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];
type ToolPart = Extract<LanguageModelV4Message, { role: 'tool' }>['content'][number];

/**
 * A conversation as providers take it. They are strict: every call needs a result directly after it, names and ids have few characters to
 * choose from, and arguments are objects. What a model got wrong earlier must not make every later call fail.
 */
export function toPrompt(instructions: string, messages: readonly Message[]): LanguageModelV4Prompt {
  const ids = providerIds(messages);
  const prompt: LanguageModelV4Prompt = instructions === '' ? [] : [{ role: 'system', content: instructions }];
  let open: readonly ToolCallPart[] = [];
  for (const message of messages) {
    if (open.length > 0 && message.role !== 'tool') prompt.push({ role: 'tool', content: missing(open, ids) });
    if (message.role === 'user') prompt.push({ role: 'user', content: message.content.map(userPart) });
    else if (message.role === 'tool') prompt.push({ role: 'tool', content: results(message.content, open, ids) });
    // A message that came to nothing; the one after it says so.
    else if (message.content.length > 0) prompt.push({ role: 'assistant', content: assistantParts(message, ids) });
    open = message.role === 'assistant' ? callsOf(message) : [];
  }
  if (open.length > 0) prompt.push({ role: 'tool', content: missing(open, ids) });
  return prompt.filter(({ content }) => content.length > 0);
}

function callsOf({ content }: AssistantMessage): ToolCallPart[] {
  return content.filter((part) => part.type === 'tool-call');
}

function assistantParts({ content }: AssistantMessage, ids: ReadonlyMap<string, string>): AssistantPart[] {
  return content.map((part): AssistantPart => {
    switch (part.type) {
      case 'text':
      case 'reasoning':
        return { type: part.type, text: part.text, ...options(part) };
      case 'file':
        return filePart(part);
      case 'tool-call':
        break;
    }
    // What were no arguments is repeated in the error that the model was told.
    const input = isRecord(part.input) ? part.input : {};
    return { type: 'tool-call', ...called(part, ids), input, ...options(part) };
  });
}

/** Results in the order of the calls; a call without one gets one, a result without a call is left out. */
function results(
  parts: readonly ToolResultPart[],
  calls: readonly ToolCallPart[],
  ids: ReadonlyMap<string, string>,
): ToolPart[] {
  const found = new Map(parts.map((part) => [part.toolCallId, part]));
  return calls.flatMap((call) => {
    const part = found.get(call.toolCallId);
    if (!part) return missing([call], ids);
    return [{ type: 'tool-result', ...called(call, ids), output: resultOutput(part.output) }];
  });
}

function missing(calls: readonly ToolCallPart[], ids: ReadonlyMap<string, string>): ToolPart[] {
  const output = { type: 'error-text' as const, value: 'This call was not carried out.' };
  return calls.map((call) => ({ type: 'tool-result', ...called(call, ids), output }));
}

function called(call: ToolCallPart, ids: ReadonlyMap<string, string>): { toolCallId: string; toolName: string } {
  return { toolCallId: idOf(call.toolCallId, ids), toolName: nameOf(call.toolName) };
}

/** By our id: the one that the provider gave, when it gave it to one call only. */
function providerIds(messages: readonly Message[]): Map<string, string> {
  const owners = new Map<string, string[]>();
  for (const message of messages) {
    for (const call of message.role === 'assistant' ? callsOf(message) : []) {
      const id = call.providerOptions?.[PROVIDER_CALL_ID]?.['toolCallId'];
      if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id) || /^s\d+_\d+$/.test(id)) continue;
      owners.set(id, [...(owners.get(id) ?? []), call.toolCallId]);
    }
  }
  return new Map(
    [...owners].flatMap(([id, [owner, ...others]]) => (owner && others.length === 0 ? [[owner, id]] : [])),
  );
}

/** Not all providers take a dot. */
function idOf(toolCallId: string, ids: ReadonlyMap<string, string>): string {
  return ids.get(toolCallId) ?? toolCallId.replace(/[^\w-]/g, '_');
}

function nameOf(toolName: string): string {
  return /^[\w-]{1,64}$/.test(toolName) ? toolName : 'invalid_name';
}

function options({ providerOptions = {} }: Pick<ToolCallPart, 'providerOptions'>): {
  providerOptions?: NonNullable<LanguageModelV4Message['providerOptions']>;
} {
  const { [PROVIDER_CALL_ID]: _, ...rest } = providerOptions;
  return Object.keys(rest).length > 0 ? { providerOptions: rest } : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
