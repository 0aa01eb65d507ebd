import { findArguments } from './arguments.ts';
import { ASK_USER, callKey, type Conversation, type Result, textOf } from './conversation.ts';
import { findRequests, type Request } from './requests.ts';
import { say } from './say.ts';
import { inWords, type OfferedTool } from './tools.ts';

/** What the model does next: calls, or its answer. */
export type Thought =
  | { readonly type: 'calls'; readonly calls: readonly { readonly tool: string; readonly input: unknown }[] }
  | { readonly type: 'answer'; readonly text: string };

const MOST_QUESTIONS = 3;
const GIVING_UP = /^\W*(?:no|nope|never ?mind|forget it|nothing|stop|cancel|leave it|don'?t know|no idea)\W*$/i;

/** Decides from the whole conversation, every time anew: so it goes on where it was, in whichever process. */
export function think(conversation: Conversation, offered: readonly OfferedTool[]): Thought {
  const tools = offered.filter(({ name }) => name !== ASK_USER);
  const requests = conversation.texts.flatMap((text) => findRequests(tools, text));
  if (requests.length === 0) return { type: 'answer', text: cannotHelp(tools, conversation) };
  const wanted = requests.map((request) => ({ ...request, found: findArguments(request.tool, request.text) }));
  const calls = wanted
    .filter(({ found }) => found.missing.length === 0)
    .flatMap(({ tool, found }) => found.calls.map((input) => ({ tool: tool.name, input })));
  const open = calls.filter(({ tool, input }) => !conversation.results.has(callKey(tool, input)));
  if (open.length > 0) return { type: 'calls', calls: unique(open) };
  const unclear = wanted.find(({ found }) => found.missing.length > 0);
  const done = unique(calls).map(({ tool, input }) => sayResult(conversation.results.get(callKey(tool, input))!));
  if (unclear === undefined) return { type: 'answer', text: done.join('\n') };
  const [missing = ''] = unclear.found.missing;
  if (mayAsk(conversation, offered)) return { type: 'calls', calls: [ask(unclear, missing, conversation.asked > 0)] };
  const given = `I leave it at that: I can't ${inWords(unclear.tool.name)} without ${describe(unclear.tool, missing)}.`;
  return { type: 'answer', text: [...done, given].join('\n') };
}

function mayAsk({ asked, reply }: Conversation, offered: readonly OfferedTool[]): boolean {
  const nobodyThere = reply !== undefined && (reply.failed || GIVING_UP.test(textOf(reply.value)));
  return !nobodyThere && asked < MOST_QUESTIONS && offered.some(({ name }) => name === ASK_USER);
}

function ask({ tool }: Request, missing: string, again: boolean): { tool: string; input: unknown } {
  const beginning = again ? 'I did not find it in your answer. To' : 'To';
  return {
    tool: ASK_USER,
    input: { message: `${beginning} ${inWords(tool.name)}, I need ${describe(tool, missing)}.` },
  };
}

function describe({ properties }: OfferedTool, name: string): string {
  const description = properties[name]?.description ?? inWords(name);
  return description.replace(/\.$/, '').replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

function sayResult({ failed, value }: Result): string {
  if (failed) return `That did not work: ${textOf(value)}`;
  return say(value);
}

/** Honest about what it is: it does not pretend to have understood. */
function cannotHelp(tools: readonly OfferedTool[], { texts }: Conversation): string {
  const beginning =
    texts.join('').trim() === ''
      ? 'You have not said anything.'
      : "I'm a small set of rules, and I did not understand that.";
  if (tools.length === 0) return beginning;
  const abilities = tools.map(({ description }) => `- ${description.split(/[:.]/, 1)[0] ?? ''}`);
  return `${beginning} Here is what I can do:\n${abilities.join('\n')}`;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
