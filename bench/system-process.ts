/** A system in a process of its own, measured on request: `system-process.ts SYSTEM SURROUNDINGS`. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { ConversationFigures, ConversationRequest } from './agents/conversation.ts';
import { type Amount, type Figures, measure } from './measure.ts';
import { startSystem, type Surroundings, type System } from './systems.ts';
import type { Workload } from './workloads.ts';

/** What to do. */
export type Request =
  | { readonly workload: Workload; readonly amount: Amount }
  | { readonly conversation: ConversationRequest }
  | 'close';

/** What came of it; `ready` once the system has started. */
export type Answer =
  | { readonly figures: Figures }
  | { readonly conversation: ConversationFigures }
  | { readonly error: string }
  | 'ready';

const [system = '', surroundings = '{}'] = process.argv.slice(2);
const answer = (message: Answer): void => void process.send?.(message);

Runtime.install({ logger: new DefaultLogger('WARN') });
const running = await startSystem(system as System, JSON.parse(surroundings) as Surroundings);

async function perform(request: Request): Promise<void> {
  if (request === 'close') {
    await running.close();
    process.disconnect();
    return;
  }
  if ('conversation' in request) {
    if (running.converse === undefined) throw new Error(`${system} has no agents`);
    answer({ conversation: await running.converse(request.conversation) });
    return;
  }
  const operation = running.operations[request.workload];
  if (operation === undefined) throw new Error(`${system} does not know ${request.workload}`);
  answer({ figures: await measure(operation, request.amount) });
}

process.on('message', (request: Request) => {
  perform(request).catch((error: unknown) => {
    answer({ error: String(error) });
    // Nobody waits for an answer any more, but for the end.
    if (request === 'close') process.exit(1);
  });
});
process.on('disconnect', () => process.exit());
answer('ready');
