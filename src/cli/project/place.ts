import type { EngineConfig } from '../../engines/index.ts';
import { databaseOf, placeOf } from '../../engines/place.ts';

/** Where runs live, for a person to read. Shows no credentials. @throws ConfigurationError when the configuration is wrong. */
export async function describePlace(config: EngineConfig): Promise<string> {
  if (config.type === 'embedded') return (await databaseOf(config)) ?? 'memory, gone when the process ends';
  const place = await placeOf(config);
  if (place === undefined) return 'several engines';
  const [, where, ...rest] = JSON.parse(place) as unknown[];
  const names = rest.filter((name) => name !== 'default' && name !== 'perdure');
  return [Array.isArray(where) ? where.join('/') : String(where), ...names].join(', ');
}
