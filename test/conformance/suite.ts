import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createReplayer,
  differences,
  prepareWorkflows,
  runScenario,
  scenarios,
} from '../../testing/conformance/index.ts';
import type { ConformanceTarget } from '../../testing/conformance/index.ts';

interface Owned {
  readonly target: ConformanceTarget;
  close(): Promise<void>;
}

/** How the suite is run on a target. */
export interface SuiteOptions {
  /** How often a scenario that failed is tried again. For targets that are a process beside, whose timing is not ours. Default: 0. */
  readonly retry?: number;
}

/** Runs the whole suite as tests of the calling file, several at a time. */
export function conformance(name: string, create: () => Promise<Owned>, { retry = 0 }: SuiteOptions = {}): void {
  vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000, maxConcurrency: 6 });
  const only = process.env['CONFORMANCE'];
  const updateGolden = process.env['UPDATE_GOLDEN'] === '1';

  describe(`conformance: ${name}`, () => {
    let owned: Owned;
    const replayer = createReplayer();
    beforeAll(async () => {
      [owned] = await Promise.all([create(), prepareWorkflows()]);
      expect(owned.target.name).toBe(name);
    });
    afterAll(async () => {
      await replayer.close();
      await owned.close();
    });
    for (const scenario of scenarios) {
      if (only && !scenario.id.startsWith(only)) continue;
      it.concurrent(scenario.id, { retry }, async ({ annotate }) => {
        const { difference } = await runScenario(owned.target, scenario, { replayer, updateGolden });
        if (difference) await annotate(difference.reason, 'difference');
      });
    }
    it('lists only differences of scenarios that exist', () => {
      const ids = new Set(scenarios.map((scenario) => scenario.id));
      expect(ids.size).toBe(scenarios.length);
      expect(differences.filter((difference) => !ids.has(difference.scenario))).toEqual([]);
    });
  });
}
