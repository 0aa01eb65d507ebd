import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, onTestFinished, test } from 'vitest';
import { openEngine, registerEngine } from 'perdure/engines';
import { engineTarget, storeScenarios } from 'perdure/testing/conformance';
import { openJournalEngine } from '../../examples/custom-engine/engine.ts';
import { JournalStore } from '../../examples/custom-engine/journal-store.ts';
import { conformance } from './suite.ts';
import { quiet } from './targets/quiet.ts';

async function folderFor(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'perdure-journal-'));
}

describe('the store of the custom engine', () => {
  test.each(storeScenarios)('$name', async ({ run }) => {
    const folder = await folderFor();
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await run(await JournalStore.open(join(folder, 'runs.jsonl')));
  });
});

registerEngine('journal', openJournalEngine);

conformance(
  'journal',
  async () => {
    quiet();
    const folder = await folderFor();
    const engine = await openEngine({ type: 'journal', file: join(folder, 'runs.jsonl') });
    return {
      target: engineTarget(engine),
      close: async () => {
        await engine.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
  // What a store decides about; the rest is what all engines of ours have.
  { topics: ['basics', 'signals', 'timers', 'children', 'visibility', 'continue-as-new', 'start'] },
);
