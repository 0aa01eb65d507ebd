import type { LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider';

/** How an agent asks its user. */
export const ASK_USER = 'request_user_input';

/** What came of a call. */
export interface Result {
  readonly failed: boolean;
  readonly value: unknown;
}

/** A conversation, in the order of this model's interests. */
export interface Conversation {
  /** What was asked, each with the answers to questions about it. */
  readonly texts: readonly string[];
  /** How often the user was asked. */
  readonly asked: number;
  /** What the user said to the last question; `failed` when nobody answered. */
  readonly reply: Result | undefined;
  /** By `callKey`. */
  readonly results: ReadonlyMap<string, Result>;
}

/** Names a call by what it does. */
export function callKey(tool: string, input: unknown): string {
  return `${tool} ${JSON.stringify(input)}`;
}

/** Reads a conversation from its beginning: the model remembers nothing. */
export function readConversation(prompt: LanguageModelV4Prompt): Conversation {
  const texts: string[] = [];
  const calls = new Map<string, string>();
  const results = new Map<string, Result>();
  let asked = 0;
  let reply: Result | undefined;
  for (const { role, content } of prompt) {
    if (role === 'system') continue;
    for (const part of content) {
      if (role === 'user' && part.type === 'text') texts.push(part.text);
      if (part.type === 'tool-call') calls.set(part.toolCallId, callKey(part.toolName, part.input));
      if (part.type !== 'tool-result') continue;
      const result = toResult(part.output);
      if (part.toolName !== ASK_USER) results.set(calls.get(part.toolCallId) ?? '', result);
      else {
        asked += 1;
        reply = result;
        if (!result.failed) texts.push(`${texts.pop() ?? ''}\n${textOf(result.value)}`);
      }
    }
  }
  return { texts, asked, reply, results };
}

/** Text of a value. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function toResult(output: LanguageModelV4ToolResultOutput): Result {
  switch (output.type) {
    case 'error-text':
    case 'error-json':
      return { failed: true, value: output.value };
    case 'execution-denied':
      return { failed: true, value: output.reason ?? 'That was not allowed.' };
    case 'content':
      return {
        failed: false,
        value: output.value.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'),
      };
    default:
      return { failed: false, value: output.value };
  }
}
