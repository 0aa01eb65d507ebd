import type {
  CancelRequest,
  Json,
  JsonObject,
  Spent,
  ToolOutput,
  Usage,
  UserContent,
  Wait,
  WaitOutcome,
} from '../../workflow/protocol/index.ts';

/** What went wrong, as it stands in history. */
export interface EventFailure {
  /** E.g. `LimitExceeded`, `ToolFailed`, `TimeoutFailure`. */
  readonly type: string;
  /** In words. */
  readonly message: string;
}

/** A call, as the model made it. */
export interface EventCall {
  /** Unique within the run. */
  readonly toolCallId: string;
  /** Of the tool or agent. */
  readonly toolName: string;
  /** The arguments. */
  readonly input: Json;
}

/** Which call an event is about. */
export type CallReference = Pick<EventCall, 'toolCallId' | 'toolName'>;

/** Which model call an event is about. */
export interface StepReference {
  /** From 1; unique in the run. */
  readonly step: number;
  /** Who calls the model. */
  readonly agent: string;
}

/** Which sub-agent an event is about. */
export interface AgentRunReference {
  /** The call that it answers. */
  readonly toolCallId: string;
  /** Its name. */
  readonly agent: string;
  /** Of its run, whose own events are those of `perdure.run(workflowId)`. */
  readonly workflowId: string;
}

/** What may happen in a run, by the event's `type`, and what the event then has beside its id and time. */
export interface RunEvents {
  /** `agent` is the agent's name, or the type of the author's own workflow. */
  readonly run_started: {
    readonly agent: string;
    readonly input: UserContent | JsonObject;
    readonly metadata: JsonObject;
  };
  /** The run goes on with a history of its own (`times`: how often it has): nothing has happened, and nothing is lost. */
  readonly run_continued: { readonly times: number };
  /** The definition that is kept for this run is known. */
  readonly agent_resolved: { readonly agent: string; readonly definitionHash: string; readonly model: string };
  /** A model was asked. */
  readonly model_called: StepReference;
  /** A model has answered. `model` is what the provider names it. */
  readonly model_responded: StepReference & {
    readonly model: string;
    readonly text: string;
    readonly reasoning: string;
    readonly calls: readonly EventCall[];
    readonly usage: Usage;
    readonly finishReason: string;
  };
  /** A model did not answer, for all retries. */
  readonly model_failed: StepReference & { readonly error: EventFailure };
  /** The message could not be used; the model is told why. */
  readonly message_refused: StepReference & { readonly error: string };
  /** A call that cannot be made; the model is told why. */
  readonly call_refused: StepReference & CallReference & { readonly error: string };
  /** A tool was called. */
  readonly tool_started: EventCall;
  /** A tool's result is there. */
  readonly tool_completed: CallReference & { readonly output: ToolOutput };
  /** A tool has failed; the model is told. */
  readonly tool_failed: CallReference & { readonly error: EventFailure };
  /** What a call did was undone. */
  readonly tool_compensated: CallReference;
  /** What a call did could not be undone. */
  readonly compensation_failed: CallReference & { readonly error: EventFailure };
  /** A sub-agent was called. */
  readonly agent_called: AgentRunReference & { readonly input: UserContent | JsonObject };
  /** A sub-agent's result is there. `spent`: what it has used, its own sub-agents included. */
  readonly agent_completed: AgentRunReference & { readonly output: Json; readonly spent: Spent | undefined };
  /** A sub-agent has failed; the model is told. */
  readonly agent_failed: AgentRunReference & { readonly error: EventFailure };
  /** A user is asked; `run.reply` answers. */
  readonly input_requested: { readonly wait: Wait };
  /** A person has to decide; `run.approve` and `run.reject` answer. */
  readonly approval_requested: { readonly wait: Wait };
  /** The result of an async tool will arrive later, by `completeTool`. */
  readonly tool_awaited: { readonly wait: Wait };
  /** An author's own workflow waits for an event. */
  readonly event_awaited: { readonly wait: Wait };
  /** Somebody has answered. */
  readonly wait_answered: { readonly wait: Wait; readonly outcome: WaitOutcome };
  /** Nobody has answered: in time, or before it was no longer of interest. */
  readonly wait_closed: { readonly wait: Wait; readonly reason: 'expired' | 'withdrawn' };
  /** The user said something before being asked; it is kept for the next question. */
  readonly message_received: { readonly content: Json };
  /** The agent is told something before its next step. */
  readonly steered: { readonly content: UserContent };
  /** Somebody wants the run to end in order. */
  readonly cancel_requested: CancelRequest;
  /** The run may use no more, as `message` says. */
  readonly limit_reached: { readonly message: string };
  /** The end: a result. `finish: 'limit'`: a limit ended it, and `output` is what there was. */
  readonly run_completed: {
    readonly output: Json;
    readonly finish: 'complete' | 'limit';
    readonly spent: Spent | undefined;
  };
  /** The end: a failure. */
  readonly run_failed: { readonly error: EventFailure };
  /** The end: cancelled, and cleaned up. */
  readonly run_cancelled: unknown;
  /** The end: from outside, without cleaning up. */
  readonly run_terminated: { readonly reason: string };
  /** The end: it took longer than it was given when it was started. */
  readonly run_timed_out: unknown;
}

/** What an event says, without its id and time. */
export type EventBody = {
  readonly [Type in keyof RunEvents]: { readonly type: Type } & RunEvents[Type];
}[keyof RunEvents];

/** What every event has. */
export interface EventBase {
  /** Later events have greater ids (`compareEventIds`). `events({ from })` goes on after the event with this id, in any process. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Something that has happened in a run, told by its `type`. */
export type RunEvent = EventBase & EventBody;

/** A piece of what a model says right now. It has no id, and may be missing: what counts is the `model_responded` that follows. */
export interface TokenEvent {
  /** Tells it from what has happened. */
  readonly type: 'token';
  /** Of the run that speaks: this one, or that of a sub-agent. */
  readonly workflowId: string;
  /** Who speaks. */
  readonly agent: string;
  /** The model call, from 1. */
  readonly step: number;
  /** A higher one begins again from offset 0, and makes what the ones before said void. */
  readonly attempt: number;
  /** Characters of this kind, step and attempt before this piece. */
  readonly offset: number;
  /** What is said, or what is thought aloud. */
  readonly kind: 'text' | 'reasoning';
  /** The piece. */
  readonly text: string;
}
