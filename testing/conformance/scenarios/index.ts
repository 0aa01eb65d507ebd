import type { Scenario } from '../scenario.ts';
import { basics } from './basics.ts';

/** Every scenario of the suite, by topic. */
export const scenarios: readonly Scenario[] = [...basics];
