import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

export const terminate: readonly Scenario[] = topic('terminate', []);
