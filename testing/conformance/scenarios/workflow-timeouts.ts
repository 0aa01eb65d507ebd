import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

export const workflowTimeouts: readonly Scenario[] = topic('workflow-timeouts', []);
