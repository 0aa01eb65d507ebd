import { CancelledFailure, type CancellationScope, workflowInfo } from '@temporalio/workflow';
import type {
  AgentRecord,
  AgentRunInput,
  AssistantMessage,
  CancelRequest,
  Limits,
  Undoable,
  UserContent,
} from '../protocol/index.ts';
import type { Session } from '../session/session.ts';
import type { Call } from './call.ts';
import { deltaMessages } from './carrying.ts';
import { keyScope } from './ids.ts';
import { left, tighter, type Budget } from './limits.ts';
import type { News } from './news.ts';
import { textOf } from './outputs.ts';
import { Transcript } from './transcript.ts';

/** What is said to a run from outside, from its very beginning on. */
export interface Control {
  /** What everything but cleaning up runs in. */
  readonly main: CancellationScope;
  /** What the model has to be told before its next step. */
  steered: UserContent[];
  cancelled?: CancelRequest;
  /** Set while the run cleans up: what sub-agents are told. */
  cleaning?: CancelRequest;
}

/** All that the loop knows of its run. */
export class AgentRun {
  readonly input: AgentRunInput;
  readonly definition: AgentRecord;
  readonly session: Session;
  readonly control: Control;
  readonly limits: Limits;
  readonly transcript: Transcript;
  /** Of the last model call. */
  step = 0;
  /** Milliseconds since the epoch. */
  startedAt: number;
  extensions = 0;
  /** What the idempotency keys of its calls begin with. */
  readonly scope: string;
  /** For the next model call. */
  news: readonly News[] = [];
  /** Completed calls that may have to be undone, in the order in which they were completed. */
  undo: Undoable[] = [];
  lastText = '';
  /** Of the current step. */
  calls: readonly Call[] = [];
  /** Whether the next run could take over now. Set while the run does nothing but wait. */
  parked: (() => boolean) | undefined;

  constructor(input: AgentRunInput, definition: AgentRecord, session: Session, control: Control) {
    this.input = input;
    this.definition = definition;
    this.session = session;
    this.control = control;
    this.limits = tighter(definition.limits, input.limits);
    this.transcript = new Transcript(input.carried?.conversation);
    const { startTime, firstExecutionRunId, attempt } = workflowInfo();
    this.startedAt = startTime.getTime();
    const state = input.carried?.state;
    this.scope = keyScope(state?.scope, firstExecutionRunId, attempt);
    if (!state) return;
    this.step = state.step;
    this.startedAt = Date.parse(state.startedAt);
    this.extensions = state.extensions;
    this.news = state.delta.map((item) => (item.type === 'message' ? { item, message: item.message } : { item }));
    this.undo = [...state.undo];
    this.lastText = state.lastText;
  }

  /** What limits are computed on, as of now. */
  get budget(): Budget {
    const elapsed = Date.now() - this.startedAt;
    return { limits: this.limits, extensions: this.extensions, spent: this.session.spent, elapsed };
  }

  /** The model has answered: what it was told and what it said are part of the conversation now. */
  heard(message: AssistantMessage): void {
    const told = deltaMessages(this.news);
    if (told) this.transcript.add([...told, message]);
    else this.transcript.drop();
    this.news = [];
    this.lastText = textOf(message) || this.lastText;
  }

  /** A time to wait, in milliseconds: no longer than the run may last. */
  atMost(timeout: number): number {
    return Math.min(timeout, Math.max(1, left(this.budget, 'duration')));
  }

  /** @throws CancelledFailure when the run is being cancelled. */
  throwIfCancelled(): void {
    if (this.control.main.consideredCancelled)
      throw new CancelledFailure(this.control.cancelled?.reason ?? 'Cancelled.');
  }
}
