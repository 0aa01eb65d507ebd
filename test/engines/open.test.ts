import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError, type Engine } from '../../src/engine/index.ts';
import { type EngineConfig, engineFromEnv, isEngine, openEngine } from '../../src/engines/index.ts';
import { temporaryDirectory } from './embedded/support.ts';

describe('the engine that the environment asks for', () => {
  it.each<[Record<string, string>, EngineConfig]>([
    [{}, { type: 'embedded' }],
    [{ PERDURE_ENGINE: '' }, { type: 'embedded' }],
    [{ PERDURE_DATABASE: '/data/runs.db' }, { type: 'embedded', path: '/data/runs.db' }],
    [
      { PERDURE_ENGINE: 'embedded', PERDURE_DATABASE: ':memory:' },
      { type: 'embedded', memory: true },
    ],
    [{ PERDURE_ENGINE: 'bullmq', REDIS_URL: 'redis://there' }, { type: 'bullmq' }],
    [{ PERDURE_ENGINE: 'temporal', TEMPORAL_ADDRESS: 'there:7233' }, { type: 'temporal' }],
  ])('%o is %o', (env, expected) => {
    expect(engineFromEnv(env)).toEqual(expected);
  });

  it('is an error when the name means nothing', () => {
    expect(() => engineFromEnv({ PERDURE_ENGINE: 'redis' })).toThrow(
      "PERDURE_ENGINE: there is no engine 'redis'. Use one of embedded, bullmq, temporal; others need registerEngine first.",
    );
  });

  it('is an error when it says two things', () => {
    expect(() => engineFromEnv({ PERDURE_ENGINE: 'temporal', PERDURE_DATABASE: 'a.db' })).toThrow(ConfigurationError);
  });
});

// So that loading takes no test's time.
beforeAll(async () => {
  await Promise.all([import('../../src/engines/embedded/index.ts'), import('../../src/engines/temporal/index.ts')]);
}, 60_000);

describe('opening an engine', () => {
  it('gives the one that is asked for', async () => {
    const engine = await openEngine({ type: 'embedded', memory: true });
    expect(engine.name).toBe('embedded');
    expect(isEngine(engine)).toBe(true);
    await expect(openEngine(engine)).resolves.toBe(engine);
    await engine.close();
  });

  it('passes the environment on', async () => {
    await expect(openEngine({ type: 'temporal' }, { TEMPORAL_TLS: 'perhaps' })).rejects.toThrow('TEMPORAL_TLS');
  });

  it.each([{ type: 'redis' }, {}, null, 'embedded'])('refuses %o', async (config) => {
    await expect(openEngine(config as EngineConfig)).rejects.toThrow(ConfigurationError);
  });
});

describe('the secret of an embedded engine', () => {
  const secretOf = async (config: EngineConfig): Promise<string> => {
    const engine: Engine = await openEngine(config);
    try {
      const secret = engine.secret?.() ?? '';
      expect(engine.secret?.()).toBe(secret);
      expect(secret.length).toBeGreaterThan(40);
      return secret;
    } finally {
      await engine.close();
    }
  };

  it('stays with the database, for its owner only', async () => {
    const path = join(temporaryDirectory(), 'runs.db');
    const first = await secretOf({ type: 'embedded', path });
    expect(statSync(`${path}.key`).mode & 0o777).toBe(0o600);
    await expect(secretOf({ type: 'embedded', path })).resolves.toBe(first);
  });

  it('is a new one for each memory', async () => {
    const first = await secretOf({ type: 'embedded', memory: true });
    await expect(secretOf({ type: 'embedded', memory: true })).resolves.not.toBe(first);
  });

  it('is refused when its file is empty', async () => {
    const path = join(temporaryDirectory(), 'runs.db');
    writeFileSync(`${path}.key`, '');
    await expect(secretOf({ type: 'embedded', path })).rejects.toThrow('is empty');
  });
});
