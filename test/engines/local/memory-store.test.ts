import { describe, test } from 'vitest';
import { MemoryStore } from '../../../src/engines/local/memory-store.ts';
import { storeScenarios } from '../../../testing/conformance/store.ts';

describe('memory store', () => {
  for (const { name, run } of storeScenarios) {
    test(name, async () => run(new MemoryStore()));
  }
});
