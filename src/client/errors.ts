/** What the errors about runs have in common. */
abstract class RunError extends Error {
  /** Of the run that it is about. */
  readonly runId: string;

  constructor(runId: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.runId = runId;
  }
}

/** There is no such run: it was never started here, or it is so long over that the engine has forgotten it. */
export class RunNotFoundError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'RunNotFoundError';
  /** Never changes, unlike the message. */
  readonly code = 'RUN_NOT_FOUND';

  constructor(runId: string, options?: ErrorOptions) {
    super(
      runId,
      `There is no run '${runId}'. Check the id, and that this process uses the engine that the run is on.`,
      options,
    );
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is RunNotFoundError {
    return hasName(value, 'RunNotFoundError');
  }
}

/** There is a run with this id already. */
export class RunExistsError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'RunExistsError';
  /** Never changes, unlike the message. */
  readonly code = 'RUN_EXISTS';

  constructor(runId: string, options?: ErrorOptions) {
    super(
      runId,
      `There is a run '${runId}' already. Choose another id, or start with ifExists: 'use' to take the one that is there.`,
      options,
    );
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is RunExistsError {
    return hasName(value, 'RunExistsError');
  }
}

/** The run has ended, so nothing can be said to it any more. */
export class RunEndedError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'RunEndedError';
  /** Never changes, unlike the message. */
  readonly code = 'RUN_ENDED';

  constructor(runId: string, options?: ErrorOptions) {
    super(runId, `The run '${runId}' has ended. Its result() says how.`, options);
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is RunEndedError {
    return hasName(value, 'RunEndedError');
  }
}

/** The run is paused, and takes no answers until it goes on. */
export class RunPausedError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'RunPausedError';
  /** Never changes, unlike the message. */
  readonly code = 'RUN_PAUSED';

  constructor(runId: string, options?: ErrorOptions) {
    super(
      runId,
      `The run '${runId}' is paused and takes no answers. Let it go on with resume(), then try again.`,
      options,
    );
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is RunPausedError {
    return hasName(value, 'RunPausedError');
  }
}

/** The Temporal server that the run is on cannot pause runs. Perdure's own engines can. */
export class PauseNotSupportedError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'PauseNotSupportedError';
  /** Never changes, unlike the message. */
  readonly code = 'PAUSE_NOT_SUPPORTED';

  constructor(runId: string, options?: ErrorOptions) {
    super(
      runId,
      `The run '${runId}' cannot be paused: its Temporal server does not do that. It takes a newer server with \`frontend.WorkflowPauseEnabled\` set.`,
      options,
    );
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is PauseNotSupportedError {
    return hasName(value, 'PauseNotSupportedError');
  }
}

/** The run failed. */
export class RunFailedError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'RunFailedError';
  /** Never changes, unlike the message. */
  readonly code = 'RUN_FAILED';
  /** Why: `LimitExceeded`, `ModelFailed`, `InvalidInput`, …, or the type of the failure that the author's own workflow threw. */
  readonly type: string;
  /** What else the failure says. */
  readonly details: readonly unknown[];

  constructor(
    runId: string,
    failure: { readonly type: string; readonly message: string; readonly details?: readonly unknown[] },
    options?: ErrorOptions,
  ) {
    super(runId, failure.message, options);
    this.type = failure.type;
    this.details = failure.details ?? [];
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is RunFailedError {
    return hasName(value, 'RunFailedError');
  }
}

/** The run was cancelled, and has cleaned up. */
export class RunCancelledError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'RunCancelledError';
  /** Never changes, unlike the message. */
  readonly code = 'RUN_CANCELLED';

  constructor(runId: string, options?: ErrorOptions) {
    super(runId, `The run '${runId}' was cancelled.`, options);
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is RunCancelledError {
    return hasName(value, 'RunCancelledError');
  }
}

/** The run was ended from outside, without cleaning up. */
export class RunTerminatedError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'RunTerminatedError';
  /** Never changes, unlike the message. */
  readonly code = 'RUN_TERMINATED';
  /** As given by whoever ended it. */
  readonly reason: string;

  constructor(runId: string, reason: string, options?: ErrorOptions) {
    super(runId, `The run '${runId}' was terminated: ${reason}`, options);
    this.reason = reason;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is RunTerminatedError {
    return hasName(value, 'RunTerminatedError');
  }
}

/** The run took longer than it was given when it was started. */
export class RunTimedOutError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'RunTimedOutError';
  /** Never changes, unlike the message. */
  readonly code = 'RUN_TIMED_OUT';

  constructor(runId: string, options?: ErrorOptions) {
    super(runId, `The run '${runId}' took longer than it was allowed to when it was started.`, options);
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is RunTimedOutError {
    return hasName(value, 'RunTimedOutError');
  }
}

/** Why an answer was not taken. `not_open`: nothing of that kind is asked, or somebody else has answered. */
export type AnswerRefusal = 'not_open' | 'ambiguous' | 'invalid' | 'bad_token';

/** The run did not take the answer, and nothing has changed. */
export class AnswerRefusedError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'AnswerRefusedError';
  /** Never changes, unlike the message. */
  readonly code = 'ANSWER_REFUSED';
  /** Why. */
  readonly reason: AnswerRefusal;

  constructor(runId: string, reason: AnswerRefusal, message: string, options?: ErrorOptions) {
    super(runId, message, options);
    this.reason = reason;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is AnswerRefusedError {
    return hasName(value, 'AnswerRefusedError');
  }
}

/** Nobody took the message in time, most likely because no worker runs. It may still be taken later; saying it again does no harm. */
export class NoWorkerError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'NoWorkerError';
  /** Never changes, unlike the message. */
  readonly code = 'NO_WORKER';
  /** Where the run waits for a worker. */
  readonly taskQueue: string;

  constructor(
    runId: string,
    about: { readonly taskQueue: string; readonly timeout: number; readonly workers: number },
    options?: ErrorOptions,
  ) {
    const { taskQueue, timeout, workers } = about;
    const what =
      workers === 0
        ? `No worker works on the task queue '${taskQueue}'. Start one with the same engine and task queue (\`perdure worker FILE\`)`
        : `The workers of the task queue '${taskQueue}' did not answer for the run. Look into their logs`;
    super(runId, `${what}, then try again: that does no harm. Waited ${timeout} ms.`, options);
    this.taskQueue = taskQueue;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is NoWorkerError {
    return hasName(value, 'NoWorkerError');
  }
}

/** The run's workflow answers no such query. */
export class QueryUnknownError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'QueryUnknownError';
  /** Never changes, unlike the message. */
  readonly code = 'QUERY_UNKNOWN';
  /** What was asked for. */
  readonly query: string;
  /** The queries that it answers, as far as its worker says. */
  readonly known: readonly string[];

  constructor(runId: string, query: string, known: readonly string[], options?: ErrorOptions) {
    const fix = known.length === 0 ? 'It answers none.' : `Ask one of ${known.join(', ')}.`;
    super(runId, `The run '${runId}' does not answer the query '${query}'. ${fix}`, options);
    this.query = query;
    this.known = known;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is QueryUnknownError {
    return hasName(value, 'QueryUnknownError');
  }
}

/** The run's workflow could not answer the query: its handler failed, or the run is in no state to be asked. */
export class QueryFailedError extends RunError {
  /** Tells this class from others by text. */
  override readonly name = 'QueryFailedError';
  /** Never changes, unlike the message. */
  readonly code = 'QUERY_FAILED';
  /** What was asked for. */
  readonly query: string;

  constructor(runId: string, query: string, reason: string, options?: ErrorOptions) {
    super(
      runId,
      `The run '${runId}' could not answer the query '${query}': ${reason} Look into the query's handler and the worker's logs.`,
      options,
    );
    this.query = query;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is QueryFailedError {
    return hasName(value, 'QueryFailedError');
  }
}

function hasName(value: unknown, name: string): boolean {
  return value instanceof Error && value.name === name;
}
