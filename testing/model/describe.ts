import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { shorten } from '../text.ts';

/** A prompt in one line for each thing that was said, as messages of errors show it. */
export function describePrompt(prompt: LanguageModelV4Prompt): string[] {
  return prompt.flatMap(describeMessage);
}

function describeMessage(message: LanguageModelV4Message): string[] {
  if (message.role === 'system') return [`system: ${shorten(message.content)}`];
  return message.content.map((part) => `${message.role}: ${describePart(part)}`);
}

type Part = Exclude<LanguageModelV4Message, { role: 'system' }>['content'][number];

function describePart(part: Part): string {
  switch (part.type) {
    case 'text':
      return shorten(part.text);
    case 'reasoning':
      return `(thinks) ${shorten(part.text)}`;
    case 'tool-call':
      return `calls ${part.toolName} ${shorten(part.input)}`;
    case 'tool-result':
      return `${part.toolName} → ${shorten('value' in part.output ? part.output.value : part.output.type)}`;
    case 'file':
      return `(${part.mediaType}) ${part.filename ?? ''}`.trimEnd();
    default:
      return `(${part.type})`;
  }
}
