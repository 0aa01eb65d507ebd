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
  /** How often a scenario that failed is tried again: a loaded machine may be too slow for the short times in it. Default: 1. */
  readonly retry?: number;
  /** It needs the Temporal server of the test run. Default: false. */
  readonly server?: boolean;
  /** It needs the Redis of the test run. Default: false. */
  readonly redis?: boolean;
  /** It runs only when `PERDURE_TEST_DEPTH` is `full`: what it covers, the other targets cover together. Default: false. */
  readonly full?: boolean;
  /** What runs the code of workflows when histories are replayed; that of the official worker costs more. Default: `ours`. */
  readonly replayHost?: 'official' | 'ours';
  /** Only scenarios of these, unless `PERDURE_TEST_DEPTH` is `full`. Default: all. */
  readonly topics?: readonly string[];
}

/** Runs the whole suite as tests of the calling file, several at a time. */
export function conformance(name: string, create: () => Promise<Owned>, options: SuiteOptions = {}): void {
  const { retry = 1, server = false, redis = false, full = false, replayHost = 'ours', topics } = options;
  vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000, maxConcurrency: 8 });
  const only = process.env['CONFORMANCE'];
  const updateGolden = process.env['UPDATE_GOLDEN'] === '1';

  const serverIsMissing = server && process.env['PERDURE_TEST_TEMPORAL_ADDRESS'] === undefined;
  const redisIsMissing = redis && process.env['PERDURE_TEST_REDIS_URL'] === undefined;
  const isDeep = process.env['PERDURE_TEST_DEPTH'] === 'full';
  const isTooDeep = full && !isDeep;
  describe.skipIf(serverIsMissing || redisIsMissing || isTooDeep)(`conformance: ${name}`, () => {
    let owned: Owned;
    const replayer = createReplayer({ host: replayHost });
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
      if (!isDeep && topics?.includes(scenario.id.split('/')[0] ?? '') === false) continue;
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
