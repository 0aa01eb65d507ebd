/** What an error of this package means to whoever sent the request. */
export interface Meaning {
  /** Of the answer. */
  readonly status: number;
  /** The kind of problem, in words. */
  readonly title: string;
  /** When to try again, in seconds. */
  readonly retryAfter?: number;
  /** What to do, where the error does not say it. */
  readonly fix?: string;
}

type Rule = Meaning | ((error: Error) => Meaning);

const ENDED = { status: 409, title: 'The run has ended' } as const;
const BROKEN_WORKER = { status: 502, title: 'A worker has failed' } as const;

const REFUSALS: Readonly<Record<string, Meaning>> = {
  not_open: { status: 409, title: 'Nothing is asked', fix: 'Look at `waits` of the run: they are what is open.' },
  ambiguous: { status: 409, title: 'Several things are asked', fix: 'Say which one by waitId or toolCallId.' },
  invalid: { status: 422, title: 'The answer does not fit' },
  bad_token: { status: 403, title: 'The completion token is not valid', fix: 'Pass it on as the tool got it.' },
};

/** By the errors' names: all that leave the package. A test holds it complete. */
export const MEANINGS: Readonly<Record<string, Rule>> = {
  RunNotFoundError: { status: 404, title: 'There is no such run', fix: 'Check the id.' },
  RunExistsError: { status: 409, title: 'There is such a run already', fix: 'Choose another id, or read that run.' },
  RunEndedError: { ...ENDED, fix: 'Read the run: it says how it has ended.' },
  RunPausedError: { status: 409, title: 'The run is paused', fix: 'Let it go on: POST …/resume. Then try again.' },
  RunFailedError: ENDED,
  RunCancelledError: ENDED,
  RunTerminatedError: ENDED,
  RunTimedOutError: ENDED,
  QueryUnknownError: { status: 404, title: 'There is no such query' },
  QueryFailedError: { status: 409, title: 'The query could not be answered' },
  PauseNotSupportedError: { status: 501, title: 'The server cannot pause runs' },
  AnswerRefusedError: (error) =>
    REFUSALS[(error as { readonly reason?: string }).reason ?? ''] ?? { status: 409, title: 'The answer was refused' },
  NoWorkerError: {
    status: 503,
    title: 'No worker has taken it',
    retryAfter: 5,
    fix: 'Start a worker for the task queue, and send the same again: an answer counts once.',
  },
  EngineUnavailableError: {
    status: 503,
    title: 'The engine cannot be reached',
    retryAfter: 5,
    fix: 'Try again later.',
  },
  EngineRefusedError: { status: 502, title: 'The engine has refused it' },
  StartsFailedError: { status: 502, title: 'Not all runs could be started' },
  StoreError: { status: 503, title: 'The engine cannot be reached', retryAfter: 5, fix: 'Try again later.' },
  ConversationLostError: { status: 410, title: 'The conversation is gone' },
  InvalidCompletionTokenError: { status: 403, title: 'The completion token is not valid' },
  ConfigurationError: (error) =>
    (error as { readonly path?: string }).path === 'secret'
      ? { status: 503, title: 'The server is not set up for this', retryAfter: 60 }
      : { status: 422, title: 'The request is not valid' },
  DefinitionError: { status: 422, title: 'The request is not valid' },
  PayloadCodecError: {
    status: 503,
    title: 'What is stored cannot be read',
    retryAfter: 60,
    fix: 'Give the server all keys by which payloads were encrypted.',
  },
  DataExistsError: { status: 409, title: 'The key has a value already', fix: 'Choose another key, or read it.' },
  DataNotFoundError: { status: 404, title: 'There is no such data', fix: 'GET …/data lists what there is.' },
  DataInvalidError: { status: 422, title: 'The data is not valid' },
  DataUnavailableError: {
    status: 503,
    title: 'The database cannot be reached',
    retryAfter: 5,
    fix: 'Try again later; writes with the same Idempotency-Key.',
  },
  ToolError: BROKEN_WORKER,
  UnsafeJsonError: { status: 422, title: 'The request is not valid' },
  ShutdownDeadlineError: BROKEN_WORKER,
};

/** What an error means; `undefined` for those that nobody expects. */
export function meaningOf(error: unknown): Meaning | undefined {
  if (!(error instanceof Error) || !Object.hasOwn(MEANINGS, error.name)) return undefined;
  const rule = MEANINGS[error.name];
  return typeof rule === 'function' ? rule(error) : rule;
}
