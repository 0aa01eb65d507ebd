import { pauses } from './scenarios/pause.ts';

/** A scenario that a target is known not to fulfil. */
export interface Difference {
  /** The id of the scenario, as `activities/heartbeat-timeout`. */
  readonly scenario: string;
  /** The name of the target. */
  readonly target: string;
  /** One sentence. */
  readonly reason: string;
}

const servers = ['temporal', 'temporal, cache 0', 'dispatch', 'dispatch, cache 0'];

/** All known differences. One that is listed here and passes is an error. */
export const differences: readonly Difference[] = servers.flatMap((target) =>
  pauses.map(({ id }) => ({
    scenario: id,
    target,
    reason: 'Temporal servers pause runs only when they are new and set up for it.',
  })),
);
