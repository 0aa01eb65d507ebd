import type { RunEvent } from '../../client/events/event.ts';
import type { Json, Wait, WaitOutcome } from '../../workflow/protocol/index.ts';
import type { Style } from '../output.ts';
import { brief, readable } from '../text/brief.ts';
import { oneLine, safe } from '../text/escape.ts';

/** What an event comes to on the screen. */
export interface EventLine {
  readonly sign: string;
  readonly style: Style;
  /** What happened, in a word or two. */
  readonly what: string;
  /** The details. */
  readonly text?: string | undefined;
  /** Whether the details may have several lines and are read to their end: what was asked, said or answered. */
  readonly isWhole?: boolean;
}

/** An event in words. */
export function describeEvent(event: RunEvent): EventLine {
  const [sign, style, details] = LINES[event.type] as readonly [string, Style, (event: RunEvent) => Details];
  const [what, text, isWhole = false] = details(event);
  return { sign, style, what, text, isWhole };
}

type Details = readonly [what: string, text?: string, isWhole?: boolean];
type Lines = {
  readonly [Type in RunEvent['type']]: readonly [
    sign: string,
    style: Style,
    details: (event: Extract<RunEvent, { readonly type: Type }>) => Details,
  ];
};

const LINES: Lines = {
  run_started: ['●', 'bold', ({ agent, input }) => [oneLine(agent), readable(input as Json), true]],
  run_continued: ['↻', 'dim', ({ times }) => [`goes on with a history of its own (${times})`]],
  agent_resolved: ['·', 'dim', ({ agent, model }) => [`agent ${oneLine(agent)}`, oneLine(model)]],
  model_called: ['·', 'dim', ({ agent, step }) => ['model', `step ${step} of ${oneLine(agent)}`]],
  model_responded: ['‹', 'blue', responded],
  model_failed: ['✗', 'red', ({ error }) => ['model failed', failure(error)]],
  message_refused: ['✗', 'yellow', ({ error }) => ['message refused', oneLine(error)]],
  call_refused: ['✗', 'yellow', ({ toolName, error }) => [`${oneLine(toolName)} refused`, oneLine(error)]],
  tool_started: ['→', 'cyan', ({ toolName, input }) => [oneLine(toolName), brief(input)]],
  tool_completed: [
    '✓',
    'green',
    ({ toolName, output }) => [oneLine(toolName), brief('value' in output ? output.value : output)],
  ],
  tool_failed: ['✗', 'yellow', ({ toolName, error }) => [`${oneLine(toolName)} failed`, failure(error)]],
  tool_compensated: ['↩', 'yellow', ({ toolName }) => [`${oneLine(toolName)} was undone`]],
  compensation_failed: [
    '✗',
    'red',
    ({ toolName, error }) => [`${oneLine(toolName)} could not be undone`, failure(error)],
  ],
  agent_called: ['→', 'magenta', ({ agent, input }) => [`agent ${oneLine(agent)}`, brief(input)]],
  agent_completed: ['✓', 'magenta', ({ agent, output }) => [`agent ${oneLine(agent)}`, brief(output)]],
  agent_failed: ['✗', 'yellow', ({ agent, error }) => [`agent ${oneLine(agent)} failed`, failure(error)]],
  input_requested: ['?', 'yellow', ({ wait }) => ['asks', safe(wait.message), true]],
  approval_requested: ['?', 'yellow', ({ wait }) => ['asks for a decision', decision(wait), true]],
  tool_awaited: ['…', 'cyan', ({ wait }) => ['waits for', oneLine(wait.call?.toolName ?? wait.message)]],
  event_awaited: ['…', 'cyan', ({ wait }) => ['waits for an event', oneLine(wait.message)]],
  wait_answered: ['!', 'green', ({ wait, outcome }) => [wait.kind === 'tool' ? 'result' : 'was told', told(outcome)]],
  wait_closed: [
    '!',
    'yellow',
    ({ wait, reason }) => [reason === 'expired' ? 'nobody has answered' : 'asks no longer', oneLine(wait.message)],
  ],
  message_received: ['!', 'cyan', ({ content }) => ['was told', brief(content)]],
  steered: ['!', 'cyan', ({ content }) => ['was told', brief(content)]],
  cancel_requested: ['!', 'yellow', ({ reason }) => ['is to be cancelled', oneLine(reason ?? '')]],
  run_paused: ['‖', 'yellow', ({ reason }) => ['paused', oneLine(reason ?? '')]],
  run_resumed: ['▸', 'cyan', () => ['goes on']],
  limit_reached: ['✗', 'red', ({ message }) => ['limit', oneLine(message)]],
  run_completed: [
    '●',
    'green',
    ({ finish, output }) => [finish === 'limit' ? 'ended by a limit' : 'completed', readable(output), true],
  ],
  run_failed: ['●', 'red', ({ error }) => ['failed', failure(error)]],
  run_cancelled: ['●', 'yellow', () => ['cancelled']],
  run_terminated: ['●', 'red', ({ reason }) => ['terminated', oneLine(reason)]],
  run_timed_out: ['●', 'red', () => ['timed out']],
};

function responded({ text, calls, usage }: Extract<RunEvent, { readonly type: 'model_responded' }>): Details {
  const tokens = `(${usage.inputTokens}+${usage.outputTokens} tokens)`;
  if (text.trim() !== '') return [`says ${tokens}`, safe(text.trim()), true];
  return [`calls ${tokens}`, calls.map(({ toolName }) => oneLine(toolName)).join(', ')];
}

/** What somebody is to decide: also the arguments, by which a small payment differs from a large one. */
function decision({ message, call }: Wait): string {
  return call === undefined ? safe(message) : `${safe(message)}\n${oneLine(call.toolName)} ${readable(call.input)}`;
}

function failure({ type, message }: { readonly type: string; readonly message: string }): string {
  return oneLine(`${message} (${type})`);
}

/** What came of a wait, as a person would say it. */
function told(outcome: WaitOutcome): string {
  if (outcome.type === 'error') return `failed: ${oneLine(outcome.message)}`;
  const { approved, reason } = Object(outcome.value) as { readonly approved?: unknown; readonly reason?: unknown };
  if (typeof approved !== 'boolean') return brief(outcome.value);
  return `${approved ? 'yes' : 'no'}${typeof reason === 'string' ? `: ${oneLine(reason)}` : ''}`;
}
