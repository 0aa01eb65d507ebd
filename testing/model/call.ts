import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultOutput,
} from '@ai-sdk/provider';

/** What came of a call that the model had made. */
export interface ToolResult {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly type: LanguageModelV4ToolResultOutput['type'];
  /** The value as it was given: parsed when it was JSON. */
  readonly value: unknown;
}

/** Whose activity made a call. */
export interface CallOrigin {
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
  /** From 1; a higher one repeats a call that failed or was lost. */
  readonly attempt: number;
}

/** One call of a scripted model: what it was asked. */
export interface ModelCall {
  /** From 1, in the order in which this model was called. */
  readonly number: number;
  /** The turn of the script that it got, from 1. */
  readonly turn: number;
  /** The run that asked; `undefined` when the model was called outside of an activity. */
  readonly origin: CallOrigin | undefined;
  readonly prompt: LanguageModelV4Prompt;
  /** The instructions. */
  readonly instructions: string;
  /** Text of the last message of the user. */
  readonly userText: string;
  /** Results in the last message, when it is one of tools. */
  readonly toolResults: readonly ToolResult[];
  /** What it may call. */
  readonly tools: readonly LanguageModelV4FunctionTool[];
  /** Everything, as the AI SDK passes it. */
  readonly options: LanguageModelV4CallOptions;
}

/** Reads what matters out of the AI SDK's options. */
export function readCall(
  options: LanguageModelV4CallOptions,
  place: Pick<ModelCall, 'number' | 'turn' | 'origin'>,
): ModelCall {
  const { prompt } = options;
  return {
    ...place,
    prompt,
    instructions: prompt.flatMap((message) => (message.role === 'system' ? [message.content] : [])).join('\n'),
    userText: userText(prompt),
    toolResults: toolResults(prompt),
    tools: (options.tools ?? []).filter((tool) => tool.type === 'function'),
    options,
  };
}

function userText(prompt: LanguageModelV4Prompt): string {
  const last = prompt.findLast((message) => message.role === 'user');
  return (last?.content ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
}

function toolResults(prompt: LanguageModelV4Prompt): ToolResult[] {
  const last = prompt.at(-1);
  if (last?.role !== 'tool') return [];
  return last.content.flatMap((part) => {
    if (part.type !== 'tool-result') return [];
    const { toolCallId, toolName, output } = part;
    const value = output.type === 'execution-denied' ? output.reason : output.value;
    return [{ toolCallId, toolName, type: output.type, value }];
  });
}
