import type { Decision, Json } from '../../workflow/protocol/index.ts';
import { checkValue } from '../arguments.ts';
import { jsonSchemaValidator } from '../json-schema.ts';
import type { DecideContext } from './decide.ts';
import { cut } from './limits.ts';
import type { MadeMessage } from './message.ts';
import { toJson } from './to-json.ts';

const longestRefusal = 2000;

/**
 * What a message without calls comes to: the result of the run, or what is wrong with it.
 * @param cutOff whether the model had more to say, and was not let.
 */
export async function decideAnswer(
  { text, hasFiles }: MadeMessage,
  { definition, agent, mustAnswer }: Pick<DecideContext, 'definition' | 'agent' | 'mustAnswer'>,
  cutOff: boolean,
): Promise<Decision> {
  // With no other chance to answer, half an answer is better than none.
  if (cutOff && !mustAnswer) {
    return refuse('Your answer was cut off: it was longer than is allowed. Answer again from the beginning, shorter.');
  }
  if (text.trim() === '' && !(hasFiles && !definition.outputSchema)) {
    return refuse('Your message was empty. Answer, or call a tool.');
  }
  if (!definition.outputSchema) return { type: 'complete', output: text };
  const parsed = parse(text);
  if ('problem' in parsed) return refuse(`Your answer has to be JSON and nothing else. ${parsed.problem}`);
  const schema = agent.output ?? jsonSchemaValidator(definition.outputSchema);
  const checked = await checkValue(schema, parsed.value);
  if (!checked.ok) return refuse(`Your answer doesn't fit: ${checked.problem}.`);
  try {
    return { type: 'complete', output: toJson(checked.value) };
  } catch (error) {
    return refuse(`Your answer can't be kept: ${reasonOf(error)}`);
  }
}

/** Models without a mode for JSON put it into a code block, however they are asked. */
function parse(text: string): { readonly value: Json } | { readonly problem: string } {
  const [, fenced] = /^\s*```(?:json)?\s*\n(.*)\n\s*```\s*$/s.exec(text) ?? [];
  try {
    return { value: JSON.parse(fenced ?? text) as Json };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

function refuse(error: string): Decision {
  return { type: 'refuse_message', error: cut(error.toWellFormed(), longestRefusal) };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
