/** A scenario that a target is known not to fulfil. */
export interface Difference {
  /** The id of the scenario, as `activities/heartbeat-timeout`. */
  readonly scenario: string;
  /** The name of the target. */
  readonly target: string;
  /** One sentence. */
  readonly reason: string;
}

/** All known differences. One that is listed here and passes is an error. */
export const differences: readonly Difference[] = [];
