import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

export const visibility: readonly Scenario[] = topic('visibility', []);
