import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

export const historyReads: readonly Scenario[] = topic('history-reads', []);
