import type { LanguageModelV4CallOptions, LanguageModelV4Message } from '@ai-sdk/provider';
import type { Attributes } from '@opentelemetry/api';
import { redactBeginning } from '../../agent/redaction/index.ts';
import type { AssistantMessage, ToolOutput } from '../../workflow/protocol/index.ts';

/** Of one attribute. Characters. */
const LONGEST = 65_536;

/** What a model is given, in the form of OpenTelemetry's conventions. */
export function inputContent({ prompt }: LanguageModelV4CallOptions): Attributes {
  const instructions = prompt.flatMap(({ role, content }) => (role === 'system' ? [content] : []));
  const messages = prompt.filter(({ role }) => role !== 'system').map((message) => messageOf(message));
  return {
    'gen_ai.input.messages': json(messages),
    'gen_ai.system_instructions': json(instructions.map((content) => ({ type: 'text', content }))),
  };
}

/** What a model has said. */
export function outputContent({ content }: AssistantMessage, finishReason: string): Attributes {
  const parts = content.map((part) => partOf(part));
  return { 'gen_ai.output.messages': json([{ role: 'assistant', parts, finish_reason: finishReason }]) };
}

/** What a tool is called with. */
export function argumentsContent(input: unknown): Attributes {
  return { 'gen_ai.tool.call.arguments': json(input) };
}

/** What a tool has returned. */
export function resultContent({ value }: ToolOutput): Attributes {
  return { 'gen_ai.tool.call.result': json(value) };
}

function messageOf(message: LanguageModelV4Message): object {
  const { role, content } = message;
  return {
    role,
    parts: typeof content === 'string' ? [{ type: 'text', content }] : content.map((part) => partOf(part)),
  };
}

function partOf(part: object): object {
  const {
    type,
    text,
    toolCallId: id,
    toolName: name,
    input,
    output,
    mediaType,
  } = part as Readonly<Record<string, unknown>>;
  switch (type) {
    case 'text':
    case 'reasoning':
      return { type, content: text };
    case 'tool-call':
      return { type: 'tool_call', id, name, arguments: input };
    case 'tool-result':
      return { type: 'tool_call_response', id, result: (output as { readonly value?: unknown } | undefined)?.value };
    default:
      // Of files, only that there was one.
      return { type, mediaType };
  }
}

/** Secrets stay out of what is said, too. */
function json(value: unknown): string {
  return redactBeginning(JSON.stringify(value) ?? '', LONGEST);
}
