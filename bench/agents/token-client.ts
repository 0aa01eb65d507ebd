/** A client in a process of its own, beside the worker: `token-client.ts DATABASE TASK_QUEUE`. Measures a first token whenever it is told to. */
import { randomUUID } from 'node:crypto';
import { openSocketTokens } from '../../src/agent/tokens/socket-tokens.ts';
import { connect } from '../../src/client/connect.ts';
import { createEmbeddedEngine } from '../../src/engines/embedded/index.ts';
import { firstToken } from './first-token.ts';

/** Milliseconds, or what went wrong; `ready` when it has connected. */
export type TokenAnswer = number | 'ready' | { readonly error: string };

const [path = '', taskQueue = ''] = process.argv.slice(2);
const answer = (message: TokenAnswer): void => void process.send?.(message);

const engine = await createEmbeddedEngine({ path });
const tokens = await openSocketTokens(path, { publishes: false });
const perdure = await connect({ engine, taskQueue, tokens });

process.on('message', () => {
  firstToken(perdure, `first-token-${randomUUID()}`).then(answer, (error: unknown) => answer({ error: String(error) }));
});
process.on('disconnect', () => process.exit());
answer('ready');
