import type { RunEvent } from '../../client/events/event.ts';
import type { Run } from '../../client/run.ts';
import { UiEncoder } from './ui-encoder.ts';

/** How far the conversation with a run has come. */
export interface ChatTurn {
  /** From 1: each answer to a question begins another one. */
  readonly number: number;
  /** What happened before this turn. */
  readonly before: readonly RunEvent[];
  /** All that has happened. */
  readonly events: readonly RunEvent[];
  /** Whether nothing more is said before a person says something. */
  readonly isOver: boolean;
}

/** Where the conversation with a run stands. @throws as `Run.events`. */
export async function currentTurn(run: Run): Promise<ChatTurn> {
  const events: RunEvent[] = [];
  const encoder = new UiEncoder(run.id);
  let begin = 0;
  let number = 1;
  for await (const event of run.events({ follow: false })) {
    if (event.type === 'wait_answered' && event.wait.kind === 'input') {
      number++;
      begin = events.length;
    }
    events.push(event);
    encoder.encode(event);
  }
  return { number, before: events.slice(0, begin), events, isOver: encoder.isWaiting || isEnd(events.at(-1)) };
}

const ENDS: ReadonlySet<string> = new Set<RunEvent['type']>([
  'run_completed',
  'run_failed',
  'run_cancelled',
  'run_terminated',
  'run_timed_out',
]);

/** Whether an event is the last one of its run. */
function isEnd(event: RunEvent | undefined): boolean {
  return event !== undefined && ENDS.has(event.type);
}
