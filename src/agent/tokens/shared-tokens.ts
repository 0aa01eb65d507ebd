import type { Engine } from '../../engine/index.ts';
import type { TokenChannel } from '../token-channel.ts';
import { BroadcastTokens } from './broadcast-tokens.ts';
import { processTokens } from './local-tokens.ts';
import { openSocketTokens, type SocketTokensOptions } from './socket-tokens.ts';

/**
 * The channel that workers and clients of an engine have when they are given none: by sockets where processes share a file, by the engine's own
 * messages where it has some. Elsewhere only those in one process hear each other.
 */
export async function openSharedTokens(
  { database, broadcasts }: Pick<Engine, 'broadcasts' | 'database'>,
  options: SocketTokensOptions = {},
): Promise<TokenChannel> {
  if (database !== undefined) return await openSocketTokens(database, options);
  return broadcasts === undefined ? processTokens() : new BroadcastTokens(broadcasts);
}
