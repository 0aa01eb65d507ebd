import type { Engine } from '../../engine/index.ts';
import type { TokenChannel } from '../token-channel.ts';
import { processTokens } from './local-tokens.ts';
import { openSocketTokens, type SocketTokensOptions } from './socket-tokens.ts';

/**
 * The channel that workers and clients of an engine have when they are given none: by sockets where processes share a file. Elsewhere only those
 * in one process hear each other.
 */
export async function openSharedTokens(
  { database }: Pick<Engine, 'database'>,
  options: SocketTokensOptions = {},
): Promise<TokenChannel> {
  return database === undefined ? processTokens() : await openSocketTokens(database, options);
}
