import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import { expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import type { Perdure } from '../../../src/client/perdure.ts';
import { encryptPayloads } from '../../../src/codec/index.ts';
import { openEngine } from '../../../src/engines/index.ts';

it('lists runs that cannot be read here among those that can', async () => {
  const engine = await openEngine({ type: 'embedded', memory: true });
  const withKey = async (key: string): Promise<Perdure> => {
    const dataConverter = encryptPayloads({ keys: { [key]: randomBytes(32) }, current: key });
    return await connect({ engine, client: new Client({ connection: engine.client.connection, dataConverter }) });
  };
  const [plain, mine, theirs] = [await connect({ engine }), await withKey('mine'), await withKey('theirs')];
  try {
    await plain.start('support', { id: 'plain', input: 'Hi' });
    await mine.start('support', { id: 'mine', input: 'Hi' });
    await theirs.start('support', { id: 'theirs', input: 'Hi' });
    for (const perdure of [plain, mine]) {
      const { runs } = await perdure.listRuns();
      expect(new Set(runs.map(({ id }) => id))).toEqual(new Set(['plain', 'mine', 'theirs']));
      expect(await perdure.pending()).toEqual([]);
    }
    const agents = new Map((await mine.listRuns()).runs.map(({ id, agent }) => [id, agent]));
    expect(agents.get('plain')).toBe('support');
    expect(agents.get('mine')).toBe('support');
    // Its name cannot be read, so its id stands for it.
    expect(agents.get('theirs')).toBe('theirs');
  } finally {
    await engine.close();
  }
});
