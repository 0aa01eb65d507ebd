import type { Scenario } from '../scenario.ts';
import { activities } from './activities.ts';
import { activityCancellation } from './activity-cancellation.ts';
import { activityTimeouts } from './activity-timeouts.ts';
import { asyncCompletion } from './async-completion.ts';
import { basics } from './basics.ts';
import { failures } from './failures.ts';
import { start } from './start.ts';

/** Every scenario of the suite, by topic. */
export const scenarios: readonly Scenario[] = [
  ...activities,
  ...activityCancellation,
  ...activityTimeouts,
  ...asyncCompletion,
  ...basics,
  ...failures,
  ...start,
];
