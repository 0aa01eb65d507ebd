import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

export const absent: readonly Scenario[] = topic('absent', []);
