import type { ActivityOptions } from '@temporalio/common';
import type { TLSConfig } from '@temporalio/worker';
import { ConfigurationError } from '../../engine/index.ts';
import { msToNumber } from '../../official.ts';
import type { TemporalConnectionConfig, TemporalEngineConfig, TemporalTlsConfig } from './config.ts';
import { readEnvironment, type Environment, type Sourced, type TemporalEnvironment } from './environment.ts';
import { checkTls, readPem, type Pem } from './tls.ts';
import { checkShape, durationAt } from './validate.ts';

/** A configuration that was checked, with everything filled in. */
export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  readonly tls: TLSConfig | undefined;
  readonly apiKey: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly connectTimeoutMs: number;
  /** How long a server may refuse connections before it counts as not there; at most `connectTimeoutMs`. */
  readonly refusedTimeoutMs: number;
  readonly activityDefaults: ActivityOptions;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_REFUSED_TIMEOUT_MS = 3_000;
const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+)(:\d{1,5})?$/;

/**
 * Checks a configuration and fills it in from the environment. Reads files, connects to nothing.
 * @throws ConfigurationError
 */
export function resolveSettings(config: TemporalEngineConfig, env: Environment): TemporalSettings {
  checkShape(config);
  const connection = config.connection ?? {};
  const environment = readEnvironment(env);
  const apiKey = connection.apiKey ?? environment.apiKey?.value;
  const timeout = connection.connectTimeout;
  const timeoutMs = timeout === undefined ? undefined : durationAt('connection.connectTimeout', timeout);
  return {
    address: resolveAddress(connection, environment),
    namespace: connection.namespace ?? environment.namespace?.value ?? 'default',
    tls: resolveTls(connection.tls, environment, apiKey !== undefined),
    apiKey,
    metadata: environment.metadata,
    connectTimeoutMs: timeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    // Who says how long to wait may wait for a server that is still starting.
    refusedTimeoutMs: timeoutMs ?? DEFAULT_REFUSED_TIMEOUT_MS,
    activityDefaults: resolveActivityDefaults(config),
  };
}

function resolveAddress(connection: TemporalConnectionConfig, environment: TemporalEnvironment): string {
  const { value, path } = given(connection.address, 'connection.address') ??
    environment.address ?? { value: 'localhost:7233', path: 'connection.address' };
  if (!ADDRESS.test(value)) {
    throw new ConfigurationError(path, `'${value}' is no address.`, {
      fix: "Use 'host' or 'host:port', without 'http://'; IPv6 addresses in brackets.",
    });
  }
  return value;
}

function resolveTls(
  config: boolean | TemporalTlsConfig | undefined,
  environment: TemporalEnvironment,
  hasApiKey: boolean,
): TLSConfig | undefined {
  // What the program says counts as a whole: half of it with half of the environment is nobody's intention.
  if (config === false) return undefined;
  if (config === undefined && environment.tls === false) return undefined;
  const tls =
    typeof config === 'object'
      ? checkTls({
          clientCert: pemOf(given(config.clientCertPath, 'connection.tls.clientCertPath')),
          clientKey: pemOf(given(config.clientKeyPath, 'connection.tls.clientKeyPath')),
          serverRootCACert: pemOf(given(config.serverRootCACertPath, 'connection.tls.serverRootCACertPath')),
          serverNameOverride: config.serverNameOverride,
        })
      : checkTls({
          clientCert: pemOf(environment.clientCertPath, environment.clientCertData),
          clientKey: pemOf(environment.clientKeyPath, environment.clientKeyData),
          serverRootCACert: pemOf(environment.serverRootCACertPath, environment.serverRootCACertData),
          serverNameOverride: environment.serverNameOverride?.value,
        });
  const wanted = config !== undefined || environment.tls === true || hasApiKey || Object.keys(tls).length > 0;
  return wanted ? tls : undefined;
}

function resolveActivityDefaults(config: TemporalEngineConfig): ActivityOptions {
  const timeout = config.workflowDefaults?.activityTimeout;
  return {
    ...(timeout === undefined ? {} : { startToCloseTimeout: msToNumber(timeout) }),
    ...(config.retryPolicy === undefined ? {} : { retry: config.retryPolicy }),
  };
}

function given(value: string | undefined, path: string): Sourced<string> | undefined {
  return value === undefined ? undefined : { value, path };
}

function pemOf(file: Sourced<string> | undefined, data?: Pem): Pem | undefined {
  return file === undefined ? data : readPem(file);
}
