import type { StoreScenario } from './store/examples.ts';
import { listScenarios } from './store/lists.ts';
import { writeScenarios } from './store/writes.ts';

export type { StoreScenario } from './store/examples.ts';

/** What every `Store` has to fulfil, whatever it keeps its data in. */
export const storeScenarios: readonly StoreScenario[] = [...writeScenarios, ...listScenarios];
