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

/** What an event of something that has failed says. */
export interface EventError {
  /** What went wrong. */
  readonly error: EventFailure;
}

/** What an event of something that cannot be used says. */
export interface EventRefusal {
  /** What the model is told about it. */
  readonly error: string;
}

/** What an event of a wait says. */
export interface EventWait {
  /** What is waited for. */
  readonly wait: Wait;
}

/** What may happen in a run, by the event's `type`, and what the event then has beside its id and time. */
export interface RunEvents {
  /** The beginning. */
  readonly run_started: {
    /** The agent's name, or the type of the author's own workflow. */
    readonly agent: string;
    /** What it was started with. */
    readonly input: UserContent | JsonObject;
    /** The author's own; empty when there is none. */
    readonly metadata: JsonObject;
  };
  /** The run goes on with a history of its own: nothing has happened, and nothing is lost. */
  readonly run_continued: {
    /** How often it has gone on so. */
    readonly times: number;
  };
  /** The definition that is kept for this run is known. */
  readonly agent_resolved: {
    /** The agent's name. */
    readonly agent: string;
    /** Names the definition. */
    readonly definitionHash: string;
    /** `provider/model`. */
    readonly model: string;
  };
  /** A model was asked. */
  readonly model_called: StepReference;
  /** A model has answered. */
  readonly model_responded: StepReference & {
    /** As the provider names it. */
    readonly model: string;
    /** What it said; empty when it only made calls. */
    readonly text: string;
    /** What it thought aloud; often empty. */
    readonly reasoning: string;
    /** What it wants to be called. */
    readonly calls: readonly EventCall[];
    /** What the call has used. */
    readonly usage: Usage;
    /** Why it stopped, in the AI SDK's words. */
    readonly finishReason: string;
  };
  /** A model did not answer, for all retries. */
  readonly model_failed: StepReference & EventError;
  /** The message could not be used; the model is told why. */
  readonly message_refused: StepReference & EventRefusal;
  /** A call that cannot be made; the model is told why. */
  readonly call_refused: StepReference & CallReference & EventRefusal;
  /** A tool was called. */
  readonly tool_started: EventCall;
  /** A tool's result is there. */
  readonly tool_completed: CallReference & {
    /** As the model is told. */
    readonly output: ToolOutput;
  };
  /** A tool has failed; the model is told. */
  readonly tool_failed: CallReference & EventError;
  /** What a call did was undone. */
  readonly tool_compensated: CallReference;
  /** What a call did could not be undone. */
  readonly compensation_failed: CallReference & EventError;
  /** A sub-agent was called. */
  readonly agent_called: AgentRunReference & {
    /** What it was called with. */
    readonly input: UserContent | JsonObject;
  };
  /** A sub-agent's result is there. */
  readonly agent_completed: AgentRunReference & {
    /** As the caller's model is told. */
    readonly output: Json;
    /** What it has used, its own sub-agents included. */
    readonly spent: Spent | undefined;
  };
  /** A sub-agent has failed; the model is told. */
  readonly agent_failed: AgentRunReference & EventError;
  /** A user is asked; `run.reply` answers. */
  readonly input_requested: EventWait;
  /** A person has to decide; `run.approve` and `run.reject` answer. */
  readonly approval_requested: EventWait;
  /** The result of an async tool will arrive later, by `completeTool`. */
  readonly tool_awaited: EventWait;
  /** An author's own workflow waits for an event. */
  readonly event_awaited: EventWait;
  /** Somebody has answered. */
  readonly wait_answered: EventWait & {
    /** The answer. */
    readonly outcome: WaitOutcome;
  };
  /** Nobody has answered. */
  readonly wait_closed: EventWait & {
    /** Not in time, or not before it was no longer of interest. */
    readonly reason: 'expired' | 'withdrawn';
  };
  /** The user said something before being asked; it is kept for the next question. */
  readonly message_received: {
    /** What was said. */
    readonly content: Json;
  };
  /** The agent is told something before its next step. */
  readonly steered: {
    /** What it is told. */
    readonly content: UserContent;
  };
  /** Somebody wants the run to end in order. */
  readonly cancel_requested: CancelRequest;
  /** Nothing is begun any more until the run goes on; what was under way may end. */
  readonly run_paused: {
    /** As given by whoever paused it. */
    readonly reason?: string;
  };
  /** A paused run goes on. */
  readonly run_resumed: unknown;
  /** The run may use no more. */
  readonly limit_reached: {
    /** Which limit, in words. */
    readonly message: string;
  };
  /** The end: a result. */
  readonly run_completed: {
    /** Text, or what the agent's output schema says; what the author's own workflow returned. */
    readonly output: Json;
    /** `limit`: a limit ended it, and `output` is what there was. */
    readonly finish: 'complete' | 'limit';
    /** What it has used, its sub-agents included. */
    readonly spent: Spent | undefined;
  };
  /** The end: a failure. */
  readonly run_failed: EventError;
  /** The end: cancelled, and cleaned up. */
  readonly run_cancelled: unknown;
  /** The end: from outside, without cleaning up. */
  readonly run_terminated: {
    /** As given by whoever ended it. */
    readonly reason: string;
  };
  /** The end: it took longer than it was given when it was started. */
  readonly run_timed_out: unknown;
}

/** What an event says, without its id and time. */
export type EventBody = {
  readonly [Type in keyof RunEvents]: {
    /** What has happened. */
    readonly type: Type;
  } & RunEvents[Type];
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
