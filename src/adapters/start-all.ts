import type { Perdure } from '../client/perdure.ts';
import { failureOf } from './failures.ts';
import { type RunAgentInput, type RunIdentifier, startRequest } from './requests.ts';

/** Starts that are under way at once. */
const AT_ONCE = 16;

/** A run that could not be started. */
export interface FailedStart {
  /** Its place in what was asked for, from 0. */
  readonly index: number;
  /** Why. */
  readonly error: unknown;
}

/** Some of several runs could not be started. The others were, and go on. */
export class StartsFailedError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'StartsFailedError';
  /** Never changes, unlike the message. */
  readonly code = 'STARTS_FAILED';
  /** Ids of the runs that were started, in the places where they were asked for; `undefined` for the others. */
  readonly started: readonly (RunIdentifier | undefined)[];
  /** Those that were not, in order. */
  readonly failed: readonly FailedStart[];

  constructor(started: readonly (RunIdentifier | undefined)[], failed: readonly FailedStart[]) {
    const [first] = failed;
    const reason = first?.error instanceof Error ? first.error.message : String(first?.error);
    super(
      `${failed.length} of ${started.length} runs could not be started; the first one: ${reason} The others go on: \`started\` has their ids.`,
      { cause: first?.error },
    );
    this.started = started;
    this.failed = failed;
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is StartsFailedError {
    return value instanceof Error && value.name === 'StartsFailedError';
  }
}

/** Starts runs, several at a time. @throws StartsFailedError */
export async function startAll(perdure: Perdure, inputs: readonly RunAgentInput[]): Promise<RunIdentifier[]> {
  const started: (RunIdentifier | undefined)[] = inputs.map(() => undefined);
  const failed: FailedStart[] = [];
  const left = inputs.entries();
  const work = async (): Promise<void> => {
    for (const [index, input] of left) {
      try {
        started[index] = (await startRequest(perdure, input)).id;
      } catch (error) {
        failed.push({ index, error: failureOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, inputs.length) }, work));
  if (failed.length === 0) return started as RunIdentifier[];
  throw new StartsFailedError(
    started,
    failed.toSorted((a, b) => a.index - b.index),
  );
}
