import { ConfigurationError } from '../../engine/index.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value and the name of the place that it comes from, for messages. */
export interface Sourced<T> {
  readonly value: T;
  readonly path: string;
}

/** What the variables that Temporal's SDKs and its command line share say. */
export interface TemporalEnvironment {
  readonly address?: Sourced<string>;
  readonly namespace?: Sourced<string>;
  readonly apiKey?: Sourced<string>;
  /** Whether TLS is on; `undefined` when no variable decides it. */
  readonly tls?: boolean;
  /** Names of files. */
  readonly clientCertPath?: Sourced<string>;
  readonly clientKeyPath?: Sourced<string>;
  readonly serverRootCACertPath?: Sourced<string>;
  /** The same in place of files. */
  readonly clientCertData?: Sourced<string>;
  readonly clientKeyData?: Sourced<string>;
  readonly serverRootCACertData?: Sourced<string>;
  readonly serverNameOverride?: Sourced<string>;
  /** Headers for every call. */
  readonly metadata: Readonly<Record<string, string>>;
}

const METADATA_PREFIX = 'TEMPORAL_GRPC_META_';

/**
 * Reads Temporal's own environment variables. Profiles in configuration files (`TEMPORAL_CONFIG_FILE`, `TEMPORAL_PROFILE`) and remote codecs
 * (`TEMPORAL_CODEC_…`) are refused, not ignored: somebody would connect to the wrong cluster, or write what should be encrypted.
 * @throws ConfigurationError
 */
export function readEnvironment(env: Environment): TemporalEnvironment {
  refuseConfigFiles(env);
  refuseCodecs(env);
  refuseBoth(env, 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_CERT_DATA');
  refuseBoth(env, 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'TEMPORAL_TLS_CLIENT_KEY_DATA');
  refuseBoth(env, 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_DATA');
  const tls = readBoolean(env, 'TEMPORAL_TLS');
  if (readBoolean(env, 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION') === true) {
    throw new ConfigurationError('TEMPORAL_TLS_DISABLE_HOST_VERIFICATION', 'is not supported.', {
      fix: 'Set TEMPORAL_TLS_SERVER_NAME to the name in the server certificate instead.',
    });
  }
  return {
    ...read(env, 'address', 'TEMPORAL_ADDRESS'),
    ...read(env, 'namespace', 'TEMPORAL_NAMESPACE'),
    ...read(env, 'apiKey', 'TEMPORAL_API_KEY'),
    ...(tls === undefined ? {} : { tls }),
    ...read(env, 'clientCertPath', 'TEMPORAL_TLS_CLIENT_CERT_PATH'),
    ...read(env, 'clientKeyPath', 'TEMPORAL_TLS_CLIENT_KEY_PATH'),
    ...read(env, 'serverRootCACertPath', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH'),
    ...read(env, 'clientCertData', 'TEMPORAL_TLS_CLIENT_CERT_DATA'),
    ...read(env, 'clientKeyData', 'TEMPORAL_TLS_CLIENT_KEY_DATA'),
    ...read(env, 'serverRootCACertData', 'TEMPORAL_TLS_SERVER_CA_CERT_DATA'),
    ...read(env, 'serverNameOverride', 'TEMPORAL_TLS_SERVER_NAME'),
    metadata: readMetadata(env),
  };
}

function read<Key extends string>(env: Environment, key: Key, name: string): { [K in Key]?: Sourced<string> } {
  const value = env[name];
  if (value === undefined || value === '') return {};
  return { [key]: { value, path: name } } as { [K in Key]: Sourced<string> };
}

function readBoolean(env: Environment, name: string): boolean | undefined {
  const value = env[name]?.toLowerCase();
  if (value === undefined || value === '') return undefined;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new ConfigurationError(name, `'${value}' is neither true nor false.`, { fix: 'Use true, false, 1 or 0.' });
}

function readMetadata(env: Environment): Record<string, string> {
  const entries = Object.entries(env)
    .filter(([name, value]) => name.startsWith(METADATA_PREFIX) && value !== undefined && value !== '')
    .map(([name, value]) => [name.slice(METADATA_PREFIX.length).toLowerCase().replaceAll('_', '-'), value]);
  return Object.fromEntries(entries) as Record<string, string>;
}

function refuseBoth(env: Environment, path: string, data: string): void {
  if (!env[path] || !env[data]) return;
  throw new ConfigurationError(path, `is set together with ${data}.`, { fix: 'Set only one of the two.' });
}

/** A codec that is left out would write readable payloads where encrypted ones are expected. */
function refuseCodecs(env: Environment): void {
  for (const name of ['TEMPORAL_CODEC_ENDPOINT', 'TEMPORAL_CODEC_AUTH']) {
    if (!env[name]) continue;
    throw new ConfigurationError(name, 'is set, but remote codecs are not used by SDKs.', {
      fix: 'Pass a `dataConverter` with `payloadCodecs`, or unset the variable.',
    });
  }
}

function refuseConfigFiles(env: Environment): void {
  for (const name of ['TEMPORAL_CONFIG_FILE', 'TEMPORAL_PROFILE']) {
    if (!env[name]) continue;
    throw new ConfigurationError(name, 'is set, but configuration files are not read here.', {
      fix: 'Load the profile with @temporalio/envconfig and pass its values as `connection`, or unset the variable.',
    });
  }
}
