import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

export const descriptions: readonly Scenario[] = topic('descriptions', []);
