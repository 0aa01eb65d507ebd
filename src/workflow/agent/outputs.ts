import type {
  AgentResult,
  AssistantMessage,
  ConversationItem,
  Json,
  Message,
  TextPart,
  FilePart,
  ToolOutput,
  UserContent,
  UserMessage,
} from '../protocol/index.ts';

/** Most characters of an error that a model is told. */
const MAX_ERROR_LENGTH = 2000;

/** A value as the output of a call: text stays text. */
export function valueOutput(value: Json): ToolOutput {
  return typeof value === 'string' ? { type: 'text', value } : { type: 'json', value };
}

/** An error as the output of a call. What is too long is cut. */
export function errorOutput(message: string): ToolOutput {
  return {
    type: 'error',
    value: message.length > MAX_ERROR_LENGTH ? `${message.slice(0, MAX_ERROR_LENGTH)} …` : message,
  };
}

/** What a sub-agent's result is to the model that called it. */
export function agentOutput(result: AgentResult): ToolOutput {
  return valueOutput(result.output);
}

/** What a person answered, as the output of the call that asked: text, files, or any other value. */
export function replyOutput(value: Json): ToolOutput {
  if (isParts(value)) return { type: 'content', value };
  return valueOutput(value);
}

/** The result of a call that stands nowhere in history. */
export function resultItem(toolCallId: string, toolName: string, output: ToolOutput): ConversationItem {
  return { type: 'message', message: resultMessage(toolCallId, toolName, output) };
}

/** The message with which a model is told what came of one call. */
export function resultMessage(toolCallId: string, toolName: string, output: ToolOutput): Message {
  return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] };
}

/** What a user says, as a message. */
export function userMessage(content: UserContent): UserMessage {
  return { role: 'user', content: typeof content === 'string' ? [{ type: 'text', text: content }] : content };
}

/** What the model said aloud. */
export function textOf(message: AssistantMessage): string {
  return message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
}

function isParts(value: unknown): value is readonly (TextPart | FilePart)[] {
  return Array.isArray(value) && value.length > 0 && value.every(isPart);
}

function isPart(value: unknown): value is TextPart | FilePart {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  if (value.type === 'text') return 'text' in value && typeof value.text === 'string';
  return (
    value.type === 'file' &&
    'data' in value &&
    typeof value.data === 'string' &&
    'mediaType' in value &&
    typeof value.mediaType === 'string'
  );
}
