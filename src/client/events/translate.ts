import {
  AGENT_WORKFLOW,
  type AgentRunInput,
  ANSWER_WAIT,
  ASYNC_TOOL_COMPLETED,
  CANCEL_RUN,
  CHILD_ENDED,
  DELIVER_ANSWER,
  FAILURE,
  type Json,
  STEER,
  USER_INPUT,
  type UserContent,
} from '../../workflow/protocol/index.ts';
import { readCancelRequest, readFullAnswer, readReport, readUserContent } from '../../workflow/session/reading.ts';
import { readAnswer } from '../../workflow/waits/answers.ts';
import { ActivityEvents } from './activity-events.ts';
import { AgentEvents } from './agent-events.ts';
import type { EventBody } from './event.ts';
import type { Closing, Fact } from './facts.ts';
import { isResult, isRunInput } from './shapes.ts';
import { WaitEvents } from './wait-events.ts';

/** Which run is read, and how many of its chain come before it. */
export interface TranslatorOptions {
  readonly workflowId: string;
  /** From 1. */
  readonly generation: number;
}

/** Makes events of what the history of one run says, from its beginning. Pure: the same history gives the same events, wherever it is read. */
export class Translator {
  readonly #generation: number;
  readonly #agents = new AgentEvents();
  readonly #activities = new ActivityEvents(this.#agents);
  readonly #waits: WaitEvents;

  constructor({ workflowId, generation }: TranslatorOptions) {
    this.#generation = generation;
    this.#waits = new WaitEvents(workflowId, this.#activities.awaited);
  }

  /** What the next event of history comes to: often nothing, sometimes several events. `at` is its time in milliseconds. */
  translate(eventId: number, at: number, fact: Fact): EventBody[] {
    switch (fact.kind) {
      case 'started':
        return this.#started(fact);
      case 'activity-scheduled':
        return this.#activities.scheduled(eventId, fact);
      case 'activity-ended':
        return this.#activities.ended(fact);
      case 'child-initiated':
        return this.#agents.initiated(fact);
      case 'child-started':
        return this.#agents.started(fact.workflowId);
      case 'child-ended':
        return this.#agents.ended(fact.workflowId, fact.ending);
      case 'memo-changed':
        return this.#waits.changed(fact.memo, at);
      case 'signalled':
        return this.#signalled(fact);
      case 'updated':
        return fact.name === ANSWER_WAIT ? this.#waits.answered(readFullAnswer(fact.input)) : [];
      case 'cancel-requested':
        return [{ type: 'cancel_requested', ...(fact.reason === '' ? {} : { reason: fact.reason }) }];
      case 'paused':
        return [{ type: 'run_paused', ...(fact.reason === '' ? {} : { reason: fact.reason }) }];
      case 'resumed':
        return [{ type: 'run_resumed' }];
      case 'continued':
        return [];
      default:
        return closed(fact.closing);
    }
  }

  #started({ workflowType, input, memo }: Extract<Fact, { readonly kind: 'started' }>): EventBody[] {
    const isAgent = workflowType === AGENT_WORKFLOW && isRunInput(input);
    const run: AgentRunInput = isAgent ? input : { agent: workflowType, input: (input ?? '') as UserContent };
    this.#activities.agent = run.agent;
    this.#waits.carriedOver(memo, run.carried?.state.waits ?? []);
    if (this.#generation > 1) return [{ type: 'run_continued', times: this.#generation - 1 }];
    return [{ type: 'run_started', agent: run.agent, input: run.input, metadata: run.metadata ?? {} }];
  }

  /** Anybody can send a signal with anything in it: it is read as the run reads it, and is no event when the run ignores it. */
  #signalled({ name, input }: Extract<Fact, { readonly kind: 'signalled' }>): EventBody[] {
    switch (name) {
      case STEER: {
        const content = readUserContent(input);
        return content === undefined ? [] : [{ type: 'steered', content }];
      }
      case CANCEL_RUN:
        return [{ type: 'cancel_requested', ...readCancelRequest(input) }];
      case CHILD_ENDED: {
        const report = readReport(input);
        return report === undefined ? [] : this.#agents.reported(report.workflowId, report.end);
      }
      case DELIVER_ANSWER:
        return this.#waits.answered(readFullAnswer(input));
      case USER_INPUT:
        return this.#waits.signalled(readAnswer('input', input));
      case ASYNC_TOOL_COMPLETED:
        return this.#waits.signalled(readAnswer('tool', input));
      default:
        return [];
    }
  }
}

function closed(closing: Closing): EventBody[] {
  switch (closing.status) {
    case 'completed': {
      const { result } = closing;
      if (!isResult(result)) {
        return [{ type: 'run_completed', output: (result ?? null) as Json, finish: 'complete', spent: undefined }];
      }
      const { output, finish, spent } = result;
      const completed: EventBody = { type: 'run_completed', output, finish, spent };
      const limit: EventBody = { type: 'limit_reached', message: 'A limit ended the run with what there was.' };
      return finish === 'limit' ? [limit, completed] : [completed];
    }
    case 'failed': {
      const { failure } = closing;
      const failed: EventBody = { type: 'run_failed', error: failure };
      return failure.type === FAILURE.limitExceeded
        ? [{ type: 'limit_reached', message: failure.message }, failed]
        : [failed];
    }
    case 'cancelled':
      return [{ type: 'run_cancelled' }];
    case 'timed_out':
      return [{ type: 'run_timed_out' }];
    default:
      return [{ type: 'run_terminated', reason: closing.reason }];
  }
}
