import type { BullmqConfig, EmbeddedConfig, EngineConfig, TemporalConfig } from './config.ts';
import type { Environment } from './temporal/environment.ts';

/**
 * Where an engine keeps its runs, as far as its configuration tells: two engines at one place are one. Users and passwords make no difference.
 * @param env where the engines on Redis and Temporal find what the configuration does not say. Default `process.env`.
 * @returns `undefined` when each engine of this configuration has runs of its own, or nothing can be said.
 * @throws ConfigurationError when the configuration is wrong.
 */
export async function placeOf(config: EngineConfig, env: Environment = process.env): Promise<string | undefined> {
  if (config.type === 'embedded') {
    const path = await databaseOf(config);
    return path === undefined ? undefined : JSON.stringify(['embedded', path, config.namespace ?? 'default']);
  }
  if (config.type === 'bullmq') return await placeOnRedis(config, env);
  if (config.type === 'temporal') return placeOnTemporal(config, env);
  return undefined;
}

/** The database file of an engine, absolute; `undefined` for memory. @throws ConfigurationError when the configuration is wrong. */
export async function databaseOf(config: EmbeddedConfig): Promise<string | undefined> {
  const { type: _, ...options } = config;
  const { databasePath } = await import('./embedded/options.ts');
  return databasePath(options);
}

async function placeOnRedis(config: BullmqConfig, env: Environment): Promise<string> {
  const { type: _, ...options } = config;
  const { settingsOf } = await import('./bullmq/settings.ts');
  const { redis, prefix, namespace } = settingsOf(options, env);
  const { url, cluster, sentinels, name, host, port, path, db = 0 } = redis;
  const server = cluster?.nodes ?? (sentinels && { sentinels, name }) ?? path ?? serverOf(host, port);
  const where = url === undefined ? [server, db] : withinUrl(url);
  return JSON.stringify(['bullmq', where, prefix, namespace]);
}

/** What a URL says of the server and its database; any other text as it is. */
function withinUrl(text: string): unknown {
  if (!URL.canParse(text)) return text;
  const { hostname, port, pathname } = new URL(text);
  return [serverOf(hostname, port), Number(pathname.slice(1)) || 0];
}

function serverOf(host: string | undefined, port: number | string | undefined): string {
  const isHere = !host || host === 'localhost';
  return `${isHere ? '127.0.0.1' : host}:${port || 6379}`;
}

function placeOnTemporal({ connection = {} }: TemporalConfig, env: Environment): string {
  const address = connection.address ?? (env['TEMPORAL_ADDRESS'] || 'localhost:7233');
  const namespace = connection.namespace ?? (env['TEMPORAL_NAMESPACE'] || 'default');
  return JSON.stringify(['temporal', /:\d+$/.test(address) ? address : `${address}:7233`, namespace]);
}
