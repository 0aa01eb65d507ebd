import { findArguments, findReferences } from './arguments.ts';
import { type OfferedTool, onlyReads, Vocabulary } from './tools.ts';

/** A part of what somebody says, and the tool that it is about. */
export interface Request {
  readonly tool: OfferedTool;
  readonly text: string;
}

/** Nothing is changed because of a question, a condition, or something that is not wanted. */
const NO_ORDER =
  /^\W*(?:is|are|was|were|has|have|had|did|does|do|why|when|where|who|which|what|how|can i (?!get|have|please))\b|\b(?:if|not|never|don'?t|without)\b|n't\b/i;
const CLAUSE_END = /(?:[.!?;,](?=\s|$)|\n|\s(?:and|then|also|but)\s)+/i;
const POINTING = /\b(?:it|its|this|that|them|both|these|those|the order|same)\b/i;

/**
 * What somebody wants, part by part. A part that is about no tool belongs to the one before it: `Where are 1042 and 1043?` is one request,
 * `Cancel 1044 and refund 1033` are two.
 */
export function findRequests(tools: readonly OfferedTool[], text: string): Request[] {
  const vocabulary = new Vocabulary(tools);
  const requests: { tool: OfferedTool; text: string }[] = [];
  const unclear: string[] = [];
  for (const clause of text.split(CLAUSE_END)) {
    const tool = bestTool(vocabulary, clause);
    const last = requests.at(-1);
    if (last && (tool === undefined || tool === last.tool)) last.text += `, ${clause}`;
    else if (tool) requests.push({ tool, text: [...unclear.splice(0), clause].join(', ') });
    else unclear.push(clause);
  }
  if (requests.length === 0) return byReference(tools, text);
  return requests.map(({ tool, text: own }) => {
    const clean = own.replace(/^[\s,]+|[\s,]+$/g, '');
    return { tool, text: clean + pointedAt(tools, clean, text) };
  });
}

function bestTool(vocabulary: Vocabulary, clause: string): OfferedTool | undefined {
  let best: OfferedTool | undefined;
  let highest = 0.99;
  for (const [tool, score] of vocabulary.fitness(clause)) {
    if (score <= highest || (NO_ORDER.test(clause) && !onlyReads(tool))) continue;
    [best, highest] = [tool, score];
  }
  return best;
}

/** Nothing but `1042`, or words that this model does not know: the first tool that can look it up. */
function byReference(tools: readonly OfferedTool[], text: string): Request[] {
  const tool = tools.find((each) => {
    const { calls, missing } = findArguments(each, text);
    return (
      onlyReads(each) &&
      missing.length === 0 &&
      !('message' in (calls[0] ?? {})) &&
      findReferences([each], text).size > 0
    );
  });
  return tool ? [{ tool, text }] : [];
}

/** `Cancel order 1044 and refund it`: what `it` is. */
function pointedAt(tools: readonly OfferedTool[], own: string, all: string): string {
  if (!POINTING.test(own) || findReferences(tools, own).size > 0) return '';
  const references = [...findReferences(tools, all)];
  return references.length > 0 ? ` (${references.join(', ')})` : '';
}
