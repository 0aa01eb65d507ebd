import { readFileSync, rmSync } from 'node:fs';
import { ConfigurationError } from 'perdure/engine';
import type { Environment, TemporalEngineConfig } from 'perdure/temporal';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/engines/temporal/settings.ts';
import { makeCertificates } from './certificates.ts';

const files = makeCertificates();

function refusal(config: unknown, env: Environment = {}): ConfigurationError {
  try {
    resolveSettings(config as TemporalEngineConfig, env);
  } catch (error) {
    if (ConfigurationError.is(error)) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('the configuration of the Temporal engine', () => {
  afterAll(() => rmSync(files.folder, { recursive: true }));

  it('has defaults for everything', () => {
    expect(resolveSettings({}, {})).toEqual({
      address: 'localhost:7233',
      namespace: 'default',
      tls: undefined,
      apiKey: undefined,
      metadata: {},
      connectTimeoutMs: 10_000,
      refusedTimeoutMs: 3000,
      activityDefaults: {},
    });
  });

  it.each([
    [{ conection: {} }, 'conection', 'no such setting. Known here: connection, workers'],
    [{ connection: { adress: 'x' } }, 'connection.adress', 'no such setting'],
    [{ connection: { address: 'http://localhost:7233' } }, 'connection.address', 'is no address'],
    [{ connection: { address: '' } }, 'connection.address', 'is no text'],
    [{ connection: { namespace: 7 } }, 'connection.namespace', '7 is no text'],
    [{ connection: { tls: 'yes' } }, 'connection.tls', "'yes' is no object"],
    [{ connection: { connectTimeout: 'soon' } }, 'connection.connectTimeout', "'soon' is no duration"],
    [{ workers: { maxConcurrentWorkflows: 0 } }, 'workers.maxConcurrentWorkflows', '0 is no count'],
    [{ workers: { enableLogging: 1 } }, 'workers.enableLogging', 'neither true nor false'],
    [{ workflowDefaults: { activityTimeout: -1 } }, 'workflowDefaults.activityTimeout', '-1 is no duration'],
    [{ retryPolicy: { backoffCoefficient: 0.5 } }, 'retryPolicy.backoffCoefficient', 'less than 1'],
    [{ retryPolicy: { maximumAttempts: 1.5 } }, 'retryPolicy.maximumAttempts', '1.5 is no count'],
    [{ retryPolicy: { maximumInterval: '0.5s' } }, 'retryPolicy.maximumInterval', 'is less than the initial one (1s)'],
    [{ namespace: 'x' }, 'namespace', 'Move it to `connection.namespace`.'],
    [{ taskQueue: 'x' }, 'taskQueue', 'Move it to `workers.taskQueue`.'],
    [{ connection: { metadata: {} } }, 'connection.metadata', 'TEMPORAL_GRPC_META_'],
    [{ workers: { workerOptions: {} } }, 'workers.workerOptions', 'Give `maxCachedWorkflows`'],
    [{ workflowDefaults: { retryPolicy: {} } }, 'workflowDefaults.retryPolicy', 'Move it to `retryPolicy`.'],
    [{ client: { namespace: 'x' } }, 'client', 'no options of a client of this engine'],
  ])('refuses %o', (config, path, problem) => {
    const error = refusal(config);
    expect(error.path).toBe(path);
    expect(error.message).toContain(problem);
    expect(error.message).toContain(error.fix);
  });

  it('reads the certificate files of mTLS', () => {
    const tls = { clientCertPath: files.cert, clientKeyPath: files.key, serverRootCACertPath: files.cert };
    expect(resolveSettings({ connection: { tls } }, {}).tls).toEqual({
      serverRootCACertificate: readFileSync(files.cert),
      clientCertPair: { crt: readFileSync(files.cert), key: readFileSync(files.key) },
    });
  });

  it.each([
    ['a file that is not there', { clientCertPath: '/nowhere', clientKeyPath: files.key }, 'clientCertPath', 'no file'],
    ['a directory', { clientCertPath: files.folder, clientKeyPath: files.key }, 'clientCertPath', 'is a directory'],
    ['a certificate alone', { clientCertPath: files.cert }, 'clientCertPath', 'without a client key'],
    ['a key alone', { clientKeyPath: files.key }, 'clientKeyPath', 'without a client certificate'],
    [
      'a key as certificate',
      { clientCertPath: files.key, clientKeyPath: files.key },
      'clientCertPath',
      'no certificate',
    ],
    [
      'a certificate as key',
      { clientCertPath: files.cert, clientKeyPath: files.cert },
      'clientKeyPath',
      'no private key',
    ],
    ['a broken certificate', { serverRootCACertPath: files.garbage }, 'serverRootCACertPath', 'no certificate'],
    ['an expired certificate', { serverRootCACertPath: files.expired }, 'serverRootCACertPath', 'has expired on'],
    ['the wrong key', { clientCertPath: files.cert, clientKeyPath: files.otherKey }, 'clientKeyPath', 'is not the key'],
    [
      'an encrypted key',
      { clientCertPath: files.cert, clientKeyPath: files.encryptedKey },
      'clientKeyPath',
      'encrypted',
    ],
  ])('refuses %s', (_, tls, path, problem) => {
    const error = refusal({ connection: { tls } });
    expect(error.path).toBe(`connection.tls.${path}`);
    expect(error.message).toContain(problem);
  });

  it("takes the rest from Temporal's environment variables", () => {
    const env = {
      TEMPORAL_ADDRESS: 'cluster.example:7233',
      TEMPORAL_NAMESPACE: 'theirs',
      TEMPORAL_API_KEY: 'key',
      TEMPORAL_TLS_CLIENT_CERT_DATA: readFileSync(files.cert, 'utf8'),
      TEMPORAL_TLS_CLIENT_KEY_PATH: files.key,
      TEMPORAL_TLS_SERVER_NAME: 'inner.example',
      TEMPORAL_GRPC_META_SOME_HEADER: 'value',
    };
    expect(resolveSettings({ connection: { namespace: 'mine' } }, env)).toMatchObject({
      address: 'cluster.example:7233',
      namespace: 'mine',
      apiKey: 'key',
      metadata: { 'some-header': 'value' },
      tls: { serverNameOverride: 'inner.example', clientCertPair: { key: readFileSync(files.key) } },
    });
  });

  it('turns TLS on for an API key, unless told otherwise', () => {
    expect(resolveSettings({ connection: { apiKey: 'key' } }, {}).tls).toEqual({});
    expect(resolveSettings({ connection: { apiKey: 'key', tls: false } }, {}).tls).toBeUndefined();
    expect(resolveSettings({ connection: { apiKey: 'key' } }, { TEMPORAL_TLS: 'false' }).tls).toBeUndefined();
    expect(resolveSettings({}, { TEMPORAL_TLS: '1' }).tls).toEqual({});
  });

  it.each([
    [{ TEMPORAL_TLS: 'maybe' }, 'TEMPORAL_TLS', 'neither true nor false'],
    [{ TEMPORAL_ADDRESS: 'a b' }, 'TEMPORAL_ADDRESS', 'is no address'],
    [{ TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere' }, 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'no file'],
    [
      { TEMPORAL_TLS_CLIENT_KEY_PATH: 'a', TEMPORAL_TLS_CLIENT_KEY_DATA: 'b' },
      'TEMPORAL_TLS_CLIENT_KEY_PATH',
      'set together with TEMPORAL_TLS_CLIENT_KEY_DATA',
    ],
    [{ TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'true' }, 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION', 'not supported'],
    [{ TEMPORAL_PROFILE: 'prod' }, 'TEMPORAL_PROFILE', 'configuration files are not read'],
    [{ TEMPORAL_CODEC_ENDPOINT: 'http://localhost' }, 'TEMPORAL_CODEC_ENDPOINT', 'remote codecs are not used'],
  ])('refuses the environment %o', (env, path, problem) => {
    const error = refusal({}, env);
    expect(error.path).toBe(path);
    expect(error.message).toContain(problem);
  });

  it('keeps the defaults of activities for those who make activity calls', () => {
    const config = { workflowDefaults: { activityTimeout: '10m' }, retryPolicy: { maximumAttempts: 3 } } as const;
    expect(resolveSettings(config, {}).activityDefaults).toEqual({
      startToCloseTimeout: 600_000,
      retry: { maximumAttempts: 3 },
    });
  });
});
