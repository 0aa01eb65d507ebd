import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import type { AgentRecord, JsonSchema } from '../../workflow/protocol/index.ts';
import { ASK_USER_TOOL } from '../defaults.ts';

type ResponseFormat = NonNullable<LanguageModelV4CallOptions['responseFormat']>;

const askUserSchema: JsonSchema = {
  type: 'object',
  properties: { message: { type: 'string', description: 'What to ask, as the user will read it.' } },
  required: ['message'],
  additionalProperties: false,
};

/** What a model may call: the agent's tools as recorded, its sub-agents, and asking the user. */
export function offeredTools(definition: AgentRecord): LanguageModelV4FunctionTool[] {
  const offered = [...definition.tools, ...definition.agents].map(({ name, description, inputSchema }) =>
    functionTool(name, description, inputSchema),
  );
  if (definition.asksUser === false) return offered;
  const description =
    'Ask the user for what is missing, and wait for the answer. Use it only when you cannot go on without it.';
  return [...offered, functionTool(ASK_USER_TOOL, description, askUserSchema)];
}

/** What the answer has to look like. */
export function responseFormat({ name, outputSchema }: AgentRecord): ResponseFormat | undefined {
  return (
    outputSchema && {
      type: 'json',
      schema: outputSchema,
      name,
    }
  );
}

function functionTool(name: string, description: string, inputSchema: JsonSchema): LanguageModelV4FunctionTool {
  return {
    type: 'function',
    name,
    description,
    inputSchema,
  };
}
