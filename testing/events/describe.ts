import type { RunEvent, RunEvents } from '../../src/client/events/event.ts';
import { indent, shorten } from '../text.ts';

const LONGEST = 140;

/** Events in one line each, as messages of failed assertions show them. */
export function describeEvents(events: readonly RunEvent[]): string {
  if (events.length === 0) return indent(['nothing']);
  const width = Math.max(...events.map(({ type }) => type.length));
  return indent(events.map((event) => shortenEnd(`${event.type.padEnd(width)}  ${describeEvent(event)}`)));
}

function shortenEnd(line: string): string {
  const text = line.trimEnd();
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

type Describers = { readonly [Type in keyof RunEvents]?: (event: RunEvents[Type]) => string };

/** What is worth saying of an event beside its type; where nothing stands, its fields are. */
const describers: Describers = {
  run_started: ({ agent, input }) => `${agent}: ${shorten(input)}`,
  agent_resolved: ({ agent, model }) => `${agent}, model ${model}`,
  model_called: ({ step, agent }) => `step ${step} of ${agent}`,
  model_responded: ({ step, text, calls }) => {
    const called = calls.map(({ toolName, input }) => `calls ${toolName} ${shorten(input)}`);
    return `step ${step}: ${[...(text === '' ? [] : [shorten(text)]), ...called].join('; ')}`;
  },
  model_failed: ({ step, error }) => `step ${step}: ${error.type}: ${shorten(error.message)}`,
  message_refused: ({ step, error }) => `step ${step}: ${shorten(error)}`,
  call_refused: ({ toolName, error }) => `${toolName}: ${shorten(error)}`,
  tool_started: ({ toolName, input }) => `${toolName} ${shorten(input)}`,
  tool_completed: ({ toolName, output }) => `${toolName} → ${shorten(output.value)}`,
  tool_failed: ({ toolName, error }) => `${toolName}: ${shorten(error.message)}`,
  tool_compensated: ({ toolName }) => toolName,
  compensation_failed: ({ toolName, error }) => `${toolName}: ${shorten(error.message)}`,
  agent_called: ({ agent, input }) => `${agent} ${shorten(input)}`,
  agent_completed: ({ agent, output }) => `${agent} → ${shorten(output)}`,
  agent_failed: ({ agent, error }) => `${agent}: ${shorten(error.message)}`,
  input_requested: ({ wait }) => shorten(wait.message),
  approval_requested: ({ wait }) => shorten(wait.message),
  tool_awaited: ({ wait }) => wait.call?.toolName ?? wait.id,
  event_awaited: ({ wait }) => shorten(wait.message),
  wait_answered: ({ wait, outcome }) =>
    `${wait.kind} ${wait.id} → ${shorten(outcome.type === 'value' ? outcome.value : outcome.message)}`,
  wait_closed: ({ wait, reason }) => `${wait.kind} ${wait.id}, ${reason}`,
  message_received: ({ content }) => shorten(content),
  steered: ({ content }) => shorten(content),
  limit_reached: ({ message }) => shorten(message),
  run_completed: ({ output, finish }) => `${finish === 'limit' ? '(limit) ' : ''}${shorten(output)}`,
  run_failed: ({ error }) => `${error.type}: ${shorten(error.message)}`,
  run_terminated: ({ reason }) => shorten(reason),
};

function describeEvent(event: RunEvent): string {
  const describe = describers[event.type] as ((event: RunEvent) => string) | undefined;
  if (describe !== undefined) return describe(event);
  const { id: _, at: __, type: ___, ...fields } = event;
  return Object.keys(fields).length === 0 ? '' : shorten(fields);
}
