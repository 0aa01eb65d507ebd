/** The type of the workflow that runs an agent. */
export const AGENT_WORKFLOW = 'perdureAgent';

/** Where agents run when nothing else is said. */
export const DEFAULT_TASK_QUEUE = 'perdure';

/** Signal, from anywhere: the user's answer. Argument: text, or a `WaitAnswer` of kind `input`. */
export const USER_INPUT = 'userInput';
/** Signal, from anywhere: the result of an async tool. Argument: a `WaitAnswer` of kind `tool`. */
export const ASYNC_TOOL_COMPLETED = 'asyncToolCompleted';
/** Signal: something that the agent should know before its next step. Argument: `UserContent`. */
export const STEER = 'steer';
/** Signal: end in order. Argument: `CancelRequest`. */
export const CANCEL_RUN = 'cancelRun';
/** Signal, to the root: a wait of a sub-agent was opened or closed. Argument: `WaitChange`. */
export const WAIT_CHANGED = 'perdure.waitChanged';
/** Signal, from the root: an answer for a wait of this run. Argument: `WaitAnswer`. */
export const DELIVER_ANSWER = 'perdure.deliverAnswer';
/** Signal, to the parent: a sub-agent has ended. Argument: `ChildReport`. */
export const CHILD_ENDED = 'perdure.childEnded';

/** Update: answers a wait, of this run or of a sub-agent. Argument: `WaitAnswer`; refused with the types of `ANSWER_REFUSED`. */
export const ANSWER_WAIT = 'answerWait';
/** Query: the open waits of the tree, as `Wait[]`. */
export const PENDING = 'pending';
/** Query: what the run has used, as `Spent`. */
export const SPENT = 'spent';

/** Query: what another run would need to go on from here, as `CarriedNow`. */
export const CARRIED = 'perdure.carried';

/** Memo fields with open waits begin so; the wait's id follows. A closed wait's field is gone. */
export const WAIT_MEMO_PREFIX = 'perdure.wait.';

/** Memo field with the name of the agent, of runs that no other agent has started. */
export const AGENT_MEMO = 'perdure.agent';

/** Memo field of a run whose start may be repeated (`ifExists: 'same'`), with the start's fingerprint. */
export const START_MEMO = 'perdure.start';

/** Memo field of a run that was moved here from another engine, with a `MovedFrom`. */
export const MOVED_MEMO = 'perdure.movedFrom';

/** Header with a `TraceContext`: the one that Temporal's own interceptors for OpenTelemetry use, in all languages. */
export const TRACE_HEADER = '_tracer-data';

/** Why an answer is refused: types of `ApplicationFailure`. */
export const ANSWER_REFUSED = {
  /** No such wait, or it is answered already. */
  notOpen: 'WaitNotOpen',
  /** No id was given, and several waits of that kind are open. */
  ambiguous: 'WaitAmbiguous',
  /** The value does not fit the wait's schema. */
  invalid: 'AnswerInvalid',
} as const;

/** Types of the `ApplicationFailure`s that runs of agents fail with. */
export const FAILURE = {
  agentUnknown: 'AgentUnknown',
  invalidInput: 'InvalidInput',
  limitExceeded: 'LimitExceeded',
  modelFailed: 'ModelFailed',
  toolUnknown: 'ToolUnknown',
  toolChanged: 'ToolChanged',
  toolFailed: 'ToolFailed',
  invalidArguments: 'InvalidArguments',
  resultTooLarge: 'ResultTooLarge',
  rejected: 'Rejected',
  waitExpired: 'WaitExpired',
  compensationFailed: 'CompensationFailed',
  conversationLost: 'ConversationLost',
} as const;
