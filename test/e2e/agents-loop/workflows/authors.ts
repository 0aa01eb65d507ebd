import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  ParentClosePolicy,
  sleep,
} from '@temporalio/workflow';
import {
  askUser,
  callTool,
  runAgent,
  saga,
  startAgent,
  waitFor,
  type WaitForOptions,
} from '../../../../src/workflow/index.ts';
import type { Agent, Tool } from '../../../../src/agent/types.ts';
import type { Json } from '../../../../src/workflow/protocol/index.ts';

type Support = Agent<string, string, unknown, 'support'>;
type Book = Tool<{ readonly what: string }, string>;

export async function waits(options: WaitForOptions<Json>): Promise<Json> {
  return await waitFor(options);
}

export async function waitsOrGivesUp(): Promise<string> {
  return await waitFor<string>({ id: 'news', message: 'Any news?', timeout: '2 h', onTimeout: () => 'no news' });
}

export async function asksTwice(): Promise<string[]> {
  const name = await askUser('Who are you?', { schema: { type: 'string', minLength: 2 } });
  const colour = await askUser('Which colour?', { timeout: '10 min', default: 'blue' });
  return [name, colour];
}

export async function asksInVain(): Promise<string> {
  return await askUser('Anybody?', { timeout: '1 min' });
}

/** What a workflow can say of a failure. */
function typeOf(error: unknown): string {
  return error instanceof Error && 'type' in error ? String(error.type) : String(error);
}

export async function callsTool(what: string): Promise<string> {
  return await callTool<Book>('book', { what }).catch((error: unknown) => typeOf(error));
}

export async function callsTools(count: number): Promise<string[]> {
  return await Promise.all(Array.from({ length: count }, (_, n) => callTool<Book>('book', { what: `n${n}` })));
}

export async function books(fail: boolean): Promise<string> {
  const trip = saga();
  try {
    await callTool<Book>('book', { what: 'flight' }, { saga: trip });
    await callTool<Book>('book', { what: 'hotel' }, { saga: trip });
    trip.add(async () => await callTool<Book>('note', { what: 'undone by hand' }));
    if (fail) await callTool<Book>('fails', { what: 'car' }, { saga: trip });
    await sleep('1 h');
    return 'booked';
  } catch (error) {
    await trip.compensate();
    await trip.compensate();
    return isCancellation(error) ? 'cancelled' : typeOf(error);
  }
}

export async function runsAgent(input: string): Promise<unknown> {
  const { output, finish, spent } = await runAgent<Support>('support', { input, limits: { steps: 7 } });
  return [output, finish, spent.steps, await callTool<Book>('book', { what: output })];
}

export async function steersAgent(): Promise<unknown> {
  const agent = await startAgent<Support>('support', { input: 'Hello', id: 'helper' });
  const heard = await agent.steer('Be quick.');
  await condition(() => false, '1 min');
  const ended = await agent.cancel({ reason: 'No longer needed.' });
  const how = await agent.result().catch((error: Error) => error.name);
  return [agent.workflowId, heard, ended, how, await agent.steer('Too late.')];
}

export async function cancelsAgent(): Promise<string> {
  const scope = new CancellationScope();
  const result = scope.run(() => runAgent<Support>('support', { input: 'Hello' }));
  await sleep('1 min');
  scope.cancel();
  return await result.then(
    () => 'completed',
    (error: unknown) => (isCancellation(error) ? 'cancelled' : 'failed'),
  );
}

export async function runsAgentInEachRun(left: number): Promise<string> {
  const { output } = await runAgent<Support>('support', { input: `${left}` });
  if (left > 0) await continueAsNew<typeof runsAgentInEachRun>(left - 1);
  return output;
}

export async function asksAndBooksInEachRun(left: number): Promise<string> {
  const what = await askUser('What?');
  const booked = await callTool<Book>('book', { what });
  if (left > 0) await continueAsNew<typeof asksAndBooksInEachRun>(left - 1);
  return booked;
}

export async function cancelsCall(): Promise<string> {
  const scope = new CancellationScope();
  const result = scope.run(() => callTool<Book>('book', { what: 'x' }));
  scope.cancel();
  return await result.catch((error: unknown) => (isCancellation(error) ? 'cancelled' : typeOf(error)));
}

export async function waitsTwice(): Promise<string[]> {
  const first = waitFor<string>({ id: 'news', message: '1', timeout: '1 h', onTimeout: () => 'first' });
  const second = await waitFor<string>({ id: 'news', message: '2' }).catch((error: unknown) => typeOf(error));
  return [second, await first];
}

export async function leavesAgent(): Promise<string> {
  const { workflowId } = await startAgent<Support>('support', {
    input: 'Hello',
    parentClosePolicy: ParentClosePolicy.ABANDON,
  });
  return workflowId;
}
