import { ApplicationFailure, CancellationScope, TemporalFailure } from '@temporalio/workflow';
import { describeFailure } from '../agent/failures.ts';

/** What has to be undone when a workflow can't go on. */
export interface Saga {
  /** Notes how something that was done is undone. */
  add(undo: () => unknown): void;
  /**
   * Undoes everything that was noted, the latest first, also when the workflow is being cancelled. What can't be undone does not keep the rest
   * from being undone. A second call has nothing left to do.
   * @throws ApplicationFailure `CompensationFailed`, when something could not be undone; its details are the reasons.
   */
  compensate(): Promise<void>;
}

/**
 * Makes a saga.
 * @example
 * const trip = saga();
 * try {
 *   await callTool<typeof bookFlight>('book_flight', flight, { saga: trip });
 *   await callTool<typeof bookHotel>('book_hotel', hotel, { saga: trip });
 * } catch (error) {
 *   await trip.compensate();
 *   throw error;
 * }
 */
export function saga(): Saga {
  const undos: (() => unknown)[] = [];
  return {
    add: (undo) => void undos.push(undo),
    compensate: () => CancellationScope.nonCancellable(() => compensate(undos)),
  };
}

async function compensate(undos: (() => unknown)[]): Promise<void> {
  const reasons: string[] = [];
  for (let undo = undos.pop(); undo; undo = undos.pop()) {
    try {
      await undo();
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      reasons.push(describeFailure(error));
    }
  }
  if (reasons.length > 0)
    throw ApplicationFailure.create({
      type: 'CompensationFailed',
      message: `Not everything was undone: ${reasons.join('; ')}`,
      nonRetryable: true,
      details: reasons,
    });
}
