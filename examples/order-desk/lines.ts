import { styleText } from 'node:util';
import type { RunEvent, TokenEvent } from 'perdure';

type Style = Parameters<typeof styleText>[0];

/** A style for the text on standard error; plain when that is no terminal, or NO_COLOR is set. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stderr });
}

/** What an event comes to on the screen: a sign, a style, and what happened. Most of the small steps are not shown. */
export function lineOf(event: RunEvent | TokenEvent): readonly [sign: string, style: Style, text: string] | undefined {
  switch (event.type) {
    case 'tool_started':
      return ['→', 'cyan', `${event.toolName} ${brief(event.input)}`];
    case 'tool_completed':
      return ['✓', 'green', `${event.toolName} ${brief('value' in event.output ? event.output.value : '')}`];
    case 'tool_failed':
      return ['✗', 'yellow', `${event.toolName}: ${event.error.message}`];
    case 'tool_compensated':
      return ['↩', 'yellow', `${event.toolName} was undone`];
    case 'call_refused':
      return ['✗', 'yellow', `${event.toolName}: ${event.error}`];
    case 'agent_called':
      return ['→', 'magenta', `asks ${event.agent}: ${brief(event.input)}`];
    case 'agent_completed':
      return ['✓', 'magenta', `${event.agent} has answered`];
    case 'agent_failed':
      return ['✗', 'yellow', `${event.agent}: ${event.error.message}`];
    case 'tool_awaited':
      return ['…', 'cyan', `${event.wait.call?.toolName ?? 'tool'} was taken; its result arrives later`];
    case 'approval_requested':
      return ['?', 'yellow', `waits for a decision: ${event.wait.message}`];
    case 'input_requested':
      return ['?', 'yellow', `asks you: ${event.wait.message}`];
    case 'wait_answered':
      return event.wait.kind === 'tool'
        ? undefined
        : ['!', 'yellow', `was told: ${brief(event.outcome.type === 'value' ? event.outcome.value : '')}`];
    case 'wait_closed':
      return ['!', 'yellow', `nobody has answered: ${event.wait.message}`];
    case 'model_failed':
      return ['✗', 'red', event.error.message];
    case 'steered':
      return ['!', 'yellow', `was told: ${brief(event.content)}`];
    case 'limit_reached':
      return ['✗', 'red', event.message];
    default:
      return undefined;
  }
}

/** The values of some JSON, on one line. */
function brief(value: unknown): string {
  if (typeof value === 'string') return value.replace(/\s+/g, ' ');
  if (Array.isArray(value)) return value.map(brief).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .filter(([, each]) => each !== null)
    .map(([name, each]) =>
      name === 'message' || Object.keys(value).length === 1 ? brief(each) : `${name} ${brief(each)}`,
    )
    .join(', ');
}

/** As much of a line as fits into the terminal. */
export function fitted(text: string, columns: number = process.stderr.columns ?? 100): string {
  return text.length < columns ? text : `${text.slice(0, Math.max(1, columns - 2))}…`;
}
