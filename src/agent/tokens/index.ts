/** Channels that carry what models say while they say it. */
export { tokenAssembler, type ShownToken } from './assemble.ts';
export { LocalTokens, processTokens } from './local-tokens.ts';
export { openSocketTokens, type SocketTokensOptions } from './socket-tokens.ts';
