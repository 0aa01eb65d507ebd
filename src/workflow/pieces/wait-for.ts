import { ApplicationFailure } from '@temporalio/workflow';
import { FAILURE, type Json, type JsonSchema, type WaitKind } from '../protocol/index.ts';
import { currentSession } from '../session/session.ts';
import { milliseconds, type Time } from './time.ts';

/** How long a user is waited for when nothing else is said. */
const ASK_TIMEOUT = 3_600_000;

/** What is waited for. */
export interface WaitForOptions<T> {
  /** Unique in the run: it must not be used twice. */
  readonly id: string;
  /** Default: `'event'`. */
  readonly kind?: Exclude<WaitKind, 'tool'>;
  /** What a person who looks is told. */
  readonly message: string;
  /** What an answer has to look like; others are refused. Default: anything. */
  readonly schema?: JsonSchema;
  /** How long. Default: as long as the run lasts. */
  readonly timeout?: Time;
  /** What it comes to when nobody has answered. Without it, that is a failure. */
  readonly onTimeout?: () => T | Promise<T>;
}

/**
 * Waits until somebody answers: by the update `answerWait` or, with `kind: 'input'`, by the signal `userInput`. An open wait is listed in the run's
 * memo.
 * @throws ApplicationFailure `WaitExpired` when nobody has answered in time and there is no `onTimeout`; `InvalidInput` when something waits by this
 * id already
 */
export async function waitFor<T = Json>(options: WaitForOptions<T>): Promise<T> {
  const { id, kind = 'event', message, schema, timeout, onTimeout } = options;
  const outcome = await currentSession().waits.ask({
    name: id,
    kind,
    message,
    ...(schema ? { schema } : {}),
    ...(timeout === undefined ? {} : { timeout: milliseconds(timeout) }),
  });
  if (outcome?.type === 'value') return outcome.value as T;
  if (onTimeout) return await onTimeout();
  throw ApplicationFailure.nonRetryable(`Nobody has answered in time: ${message}`, FAILURE.waitExpired);
}

/** How a user is asked. */
export interface AskUserOptions<T> {
  /** What an answer has to look like; others are refused. Default: anything. */
  readonly schema?: JsonSchema;
  /** How long. Default: an hour. */
  readonly timeout?: Time;
  /** What it comes to when the user has not answered. Without it, that is a failure. */
  readonly default?: T;
  /** Unique in the run. Default: `ask1`, `ask2`, …, never the same in two runs of a chain. */
  readonly id?: string;
}

/**
 * Asks the user.
 * @throws ApplicationFailure `WaitExpired` when the user has not answered in time and there is no default
 */
export async function askUser<T = string>(message: string, options: AskUserOptions<T> = {}): Promise<T> {
  const { schema, timeout = ASK_TIMEOUT, default: otherwise, id = currentSession().nextName('ask') } = options;
  return await waitFor<T>({
    id,
    kind: 'input',
    message,
    timeout,
    ...(schema ? { schema } : {}),
    ...(otherwise === undefined ? {} : { onTimeout: () => otherwise }),
  });
}
