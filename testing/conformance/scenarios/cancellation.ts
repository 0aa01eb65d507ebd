import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

export const cancellation: readonly Scenario[] = topic('cancellation', []);
