import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigurationError, type Engine } from '../../src/engine/index.ts';
import {
  createRoutedEngine,
  type EngineConfig,
  type EngineFactory,
  engineFromEnv,
  openEngine,
  registerEngine,
} from '../../src/engines/index.ts';

/** Registered for one test only. */
function register(type: string, factory: EngineFactory): void {
  onTestFinished(registerEngine(type, factory));
}

/** The type of a configuration that only tests know. */
const custom = (config: { readonly type: string; readonly place?: string }): EngineConfig =>
  config as unknown as EngineConfig;

async function inMemory(): Promise<Engine> {
  return await openEngine({ type: 'embedded', memory: true });
}

describe('a registered engine', () => {
  test('is opened by its type, with its configuration and the environment', async () => {
    const given: unknown[] = [];
    register('mine', async (config, env) => {
      given.push(config, env);
      return await inMemory();
    });
    const env = { MINE: 'there' };
    const engine = await openEngine(custom({ type: 'mine', place: 'here' }), env);
    onTestFinished(() => engine.close());
    expect(given).toEqual([{ place: 'here' }, env]);
    expect(engine.name).toBe('embedded');
  });

  test('is one that the environment may ask for', () => {
    register('mine', inMemory);
    expect(engineFromEnv({ PERDURE_ENGINE: 'mine' })).toEqual({ type: 'mine' });
    expect(() => engineFromEnv({ PERDURE_ENGINE: 'mine', PERDURE_DATABASE: 'a.db' })).toThrow('PERDURE_DATABASE');
    expect(() => engineFromEnv({ PERDURE_ENGINE: 'other' })).toThrow('embedded, bullmq, temporal, mine; others need');
  });

  test('may be behind a routed one', async () => {
    register('mine', inMemory);
    const engine = await createRoutedEngine({ engines: { a: custom({ type: 'mine' }) }, default: 'a' });
    await engine.close();
  });

  test('is gone when it was taken away', async () => {
    const remove = registerEngine('mine', inMemory);
    remove();
    await expect(openEngine(custom({ type: 'mine' }))).rejects.toThrow("engine.type: there is no engine 'mine'.");
    register('mine', inMemory);
    // Of an earlier registration: it is not about this one.
    remove();
    expect(engineFromEnv({ PERDURE_ENGINE: 'mine' })).toEqual({ type: 'mine' });
  });

  test('has to be an engine', async () => {
    register('mine', async () => ({}) as Engine);
    await expect(openEngine(custom({ type: 'mine' }))).rejects.toThrow(ConfigurationError);
    await expect(openEngine(custom({ type: 'mine' }))).rejects.toThrow("what opens the engine 'mine' gave no engine.");
  });

  test('fails as its factory does', async () => {
    const failure = new ConfigurationError('place', 'is missing.', { fix: 'Say where.' });
    register('mine', async () => await Promise.reject(failure));
    await expect(openEngine(custom({ type: 'mine' }))).rejects.toBe(failure);
  });
});

describe('names of engines', () => {
  test.each(['embedded', 'bullmq', 'temporal', 'routed'])('%s is taken', (type) => {
    expect(() => registerEngine(type, inMemory)).toThrow(ConfigurationError);
    expect(() => registerEngine(type, inMemory)).toThrow(`type: '${type}' is an engine of this package. Choose`);
  });

  test.each(['', 'Mine', 'my engine', '1st', 'a'.repeat(64), undefined])('%s is none', (type) => {
    expect(() => registerEngine(type as string, inMemory)).toThrow('is no name. Give lower-case letters');
  });

  test('are given once', () => {
    register('mine', inMemory);
    expect(() => registerEngine('mine', inMemory)).toThrow("type: there is an engine 'mine' already. Register it once");
  });

  test('are not for what opens nothing', () => {
    expect(() => registerEngine('mine', undefined as unknown as EngineFactory)).toThrow('factory: is no function.');
  });
});
