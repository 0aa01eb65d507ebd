import type { temporal } from '@temporalio/proto';
import { callOf, type Command, commandLabel, eventLabel, keyOfCommand, keyOfEvent, takenBack } from './labels.ts';
import type { Replay } from './replayer.ts';
import type { CodeDifference } from './types.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** A difference, and the call that it is about, as `callOf` names it. */
export interface Compared {
  readonly difference: CodeDifference;
  readonly call?: string | undefined;
}

/** What the code did differently; `undefined` when it did what the run did. */
export function compareCode(events: readonly HistoryEvent[], { error, heard }: Replay): Compared | undefined {
  if (heard.failure !== undefined)
    return { difference: { kind: 'failure', message: heard.failure.message, stack: heard.failure.stack } };
  if (error !== undefined) return explained(events, error.message, heard.commands);
  return additional(events, heard.commands);
}

/** The reason within what the runtime says, and the event that it names. */
function explained(events: readonly HistoryEvent[], said: string, commands: readonly Command[]): Compared {
  const message = /\[TMPRL1100\] ((?:\\.|[^"\\])*)/.exec(said)?.[1] ?? said;
  const named = /HistoryEvent\(id: (\d+)/.exec(message)?.[1];
  const expected = events.filter((event) => eventLabel(event) !== undefined);
  const done = commands.filter((command) => commandLabel(command) !== undefined);
  const parting = expected.findIndex((event, index) => !fits(event, done[index]));
  const event = parting < 0 ? events.find(({ eventId }) => String(eventId) === named) : expected[parting];
  const command = parting < 0 ? done[expected.length] : done[parting];
  const [was, is] = [event && eventLabel(event), command && commandLabel(command)];
  return {
    difference: {
      kind: 'nondeterminism',
      message,
      ...(event && { event: nameOf(event) }),
      ...(was !== undefined && { expected: was }),
      actual: is ?? 'nothing',
    },
    call: command && callOf(command),
  };
}

/**
 * The official replayer compares a step only with the next step of history: what an open run's code does beyond its last one would be lost, and
 * would be done at some later time.
 */
function additional(events: readonly HistoryEvent[], commands: readonly Command[]): Compared | undefined {
  const known = new Set(events.map((event) => keyOfEvent(event)));
  const gone = new Set(commands.map((command) => takenBack(command)));
  const command = commands.find((each) => {
    const key = keyOfCommand(each);
    return key !== undefined && !known.has(key) && !gone.has(callOf(each));
  });
  if (command === undefined) return undefined;
  const last = events.findLast((event) => event.workflowTaskCompletedEventAttributes);
  const difference: CodeDifference = {
    kind: 'extra',
    message: 'The code does a step that the run has not done.',
    ...(last && { event: nameOf(last) }),
    expected: 'nothing',
    actual: commandLabel(command) ?? '',
  };
  return { difference, call: callOf(command) };
}

function fits(event: HistoryEvent, command: Command | undefined): boolean {
  if (command === undefined || eventLabel(event) !== commandLabel(command)) return false;
  const [was, is] = [keyOfEvent(event), keyOfCommand(command)];
  return was === is;
}

function nameOf(event: HistoryEvent): { readonly id: number; readonly type: string } {
  const attributes = Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '';
  const type = attributes.replace(/EventAttributes$/, '');
  return { id: Number(event.eventId), type: type.charAt(0).toUpperCase() + type.slice(1) };
}
