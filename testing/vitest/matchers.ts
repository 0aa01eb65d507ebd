import type { MatcherState } from 'vitest';
import type { EventBody, RunEvent } from '../../src/client/events/event.ts';
import { describeEvents } from '../events/describe.ts';
import { type EventSource, eventsOf, settled } from '../events/source.ts';
import { count } from '../text.ts';
import type { RunLimits } from './types.ts';
import { used } from './used.ts';

/** What a matcher tells vitest. */
export interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

type Of<Type extends EventBody['type']> = Extract<RunEvent, { readonly type: Type }>;

/** Whether the run has called a tool, with these arguments if some are given. */
export async function toHaveCalledTool(
  state: MatcherState,
  source: EventSource,
  name: string,
  input?: unknown,
): Promise<Verdict> {
  const events = await eventsOf(source);
  const inputs = all(events, 'tool_started').flatMap((event) => (event.toolName === name ? [event.input] : []));
  return called(state, events, { what: `the tool "${name}"`, inputs, input });
}

/** Whether the run has called another agent, with this input if some is given. */
export async function toHaveCalledAgent(
  state: MatcherState,
  source: EventSource,
  name: string,
  input?: unknown,
): Promise<Verdict> {
  const events = await eventsOf(source);
  const inputs = all(events, 'agent_called').flatMap((event) => (event.agent === name ? [event.input] : []));
  return called(state, events, { what: `the agent "${name}"`, inputs, input });
}

/** Whether the run has called a tool so many times. */
export async function toHaveCalledToolTimes(
  state: MatcherState,
  source: EventSource,
  name: string,
  times: number,
): Promise<Verdict> {
  const events = await eventsOf(source);
  const calls = all(events, 'tool_started').filter(({ toolName }) => toolName === name).length;
  return verdict(state, events, {
    pass: calls === times,
    expectation: `have called the tool "${name}" ${count(times, 'time')}`,
    instead: `called it ${count(calls, 'time')}`,
  });
}

/** Whether the run has asked a person something, an approval included. */
export async function toHaveAsked(state: MatcherState, source: EventSource, text: string | RegExp): Promise<Verdict> {
  const events = await eventsOf(source);
  const asked = [...all(events, 'input_requested'), ...all(events, 'approval_requested')].map(
    ({ wait }) => wait.message,
  );
  const fits = (message: string): boolean => (typeof text === 'string' ? message.includes(text) : text.test(message));
  return verdict(state, events, {
    pass: asked.some(fits),
    expectation: `have asked ${typeof text === 'string' ? JSON.stringify(text) : String(text)}`,
    instead: asked.length === 0 ? 'asked nothing' : `asked ${asked.map((each) => JSON.stringify(each)).join(', ')}`,
  });
}

/** Whether the run comes to this output. Waits for its end. */
export async function toHaveCompletedWith(state: MatcherState, source: EventSource, output: unknown): Promise<Verdict> {
  await settled(source);
  const events = await eventsOf(source);
  const completed = all(events, 'run_completed').at(-1);
  return verdict(state, events, {
    pass: completed !== undefined && state.equals(completed.output, output),
    expectation: `have completed with ${shown(state, output)}`,
    instead: ending(events),
    ...(completed === undefined ? {} : { compared: { actual: completed.output, expected: output } }),
  });
}

/** Whether the run fails with an error of this type, and, if given, this message. Waits for its end. */
export async function toHaveFailedWith(
  state: MatcherState,
  source: EventSource,
  type: string,
  message?: string | RegExp,
): Promise<Verdict> {
  await settled(source);
  const events = await eventsOf(source);
  const error = all(events, 'run_failed').at(-1)?.error;
  const says =
    error !== undefined &&
    (typeof message === 'string' ? error.message.includes(message) : (message?.test(error.message) ?? true));
  return verdict(state, events, {
    pass: error?.type === type && says,
    expectation: `have failed with ${type}${message === undefined ? '' : ` and ${String(message)}`}`,
    instead: ending(events),
  });
}

/** Whether the run has used no more than state, its sub-agents included. */
export async function toHaveUsedAtMost(state: MatcherState, source: EventSource, limits: RunLimits): Promise<Verdict> {
  const events = await eventsOf(source);
  const spent = used(events);
  const over = Object.entries(limits).filter(([name, most]) => spent[name as keyof RunLimits] > Number(most));
  const list = (of: RunLimits): string =>
    Object.entries(of)
      .map(([name, number]) => `${number} ${name}`)
      .join(', ');
  return verdict(state, events, {
    pass: over.length === 0,
    expectation: `have used at most ${list(limits)}`,
    instead: `used ${list(spent)}`,
  });
}

function called(
  state: MatcherState,
  events: readonly RunEvent[],
  { what, inputs, input }: { readonly what: string; readonly inputs: readonly unknown[]; readonly input: unknown },
): Verdict {
  const fitting = inputs.filter((each) => input === undefined || state.equals(each, input));
  const only = inputs.length === 1 ? { compared: { actual: inputs[0], expected: input } } : {};
  return verdict(state, events, {
    pass: fitting.length > 0,
    expectation: `have called ${what}${input === undefined ? '' : ` with ${shown(state, input)}`}`,
    instead:
      inputs.length === 0
        ? 'did not call it'
        : `called it with ${inputs.map((each) => shown(state, each)).join(', and with ')}`,
    ...(input === undefined ? {} : only),
  });
}

/** In one line, with asymmetric matchers by their names. */
function shown(state: MatcherState, value: unknown): string {
  return state.utils.stringify(value, 10, { min: true });
}

interface Judgement {
  readonly pass: boolean;
  /** What comes after `expected the run to`. */
  readonly expectation: string;
  /** What comes after `but it`. */
  readonly instead: string;
  /** Shown as a diff. */
  readonly compared?: { readonly actual: unknown; readonly expected: unknown };
}

function verdict(state: MatcherState, events: readonly RunEvent[], judgement: Judgement): Verdict {
  const { pass, expectation, instead, compared } = judgement;
  return {
    pass,
    message: () =>
      [
        state.isNot
          ? `expected the run not to ${expectation}`
          : `expected the run to ${expectation}, but it ${instead}`,
        '',
        'What happened:',
        describeEvents(events),
      ].join('\n'),
    ...(state.isNot ? {} : compared),
  };
}

function ending(events: readonly RunEvent[]): string {
  const last = events.findLast(
    ({ type }) => type.startsWith('run_') && type !== 'run_started' && type !== 'run_continued',
  );
  switch (last?.type) {
    case 'run_completed':
      return `completed with ${JSON.stringify(last.output)}`;
    case 'run_failed':
      return `failed with ${last.error.type}: ${last.error.message}`;
    case 'run_cancelled':
      return 'was cancelled';
    case 'run_terminated':
      return `was terminated: ${last.reason}`;
    case 'run_timed_out':
      return 'timed out';
    case 'run_paused':
      return 'is paused';
    default:
      return 'has not ended';
  }
}

function all<Type extends EventBody['type']>(events: readonly RunEvent[], type: Type): Of<Type>[] {
  return events.filter((event): event is Of<Type> => event.type === type);
}
