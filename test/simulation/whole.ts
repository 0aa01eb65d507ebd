import type { HistoryEvent } from '../../src/core/proto.ts';
import type { RunRecord } from '../../src/core/record.ts';

/** A run at the end. */
export interface Whole {
  readonly record: RunRecord;
  readonly events: readonly HistoryEvent[];
}

/** Is told what is wrong. */
export type Report = (problem: string) => void;
