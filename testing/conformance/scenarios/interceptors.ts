import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

export const interceptors: readonly Scenario[] = topic('interceptors', []);
