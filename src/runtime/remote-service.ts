import type { Connection } from '@temporalio/client';
import { operatorServiceMethods } from './rpc-methods.ts';
import { systemClock } from './system-clock.ts';
import type { CallOptions, MethodName, WorkflowServiceApi } from './service.ts';

/** How long the server may take to answer; a poll, to say that it has nothing. As the official core. */
const CALL_TIMEOUT_MS = 30_000;
const LONG_POLL_TIMEOUT_MS = 70_000;

type Call = (request: unknown) => Promise<unknown>;

const ofOperators: ReadonlySet<string> = new Set(operatorServiceMethods.map(({ name }) => name));

/** The RPCs of a Temporal server behind an official connection (a client's, or a worker's). */
export function fromConnection(
  connection: Pick<Connection, 'workflowService' | 'withAbortSignal' | 'withDeadline'> &
    Partial<Pick<Connection, 'operatorService'>>,
): WorkflowServiceApi {
  const call = async (name: MethodName, request: unknown, options: CallOptions | undefined): Promise<unknown> => {
    const { workflowService, operatorService = workflowService } = connection;
    const service = (ofOperators.has(name) ? operatorService : workflowService) as unknown as Record<string, Call>;
    const method = service[name] as Call;
    const signal = options?.signal;
    // The deadline is one of real time, whatever clock the engine uses.
    const deadline = systemClock.now() + (signal ? LONG_POLL_TIMEOUT_MS : CALL_TIMEOUT_MS);
    const send = (): Promise<unknown> => connection.withDeadline(deadline, () => method.call(service, request));
    return await (signal ? connection.withAbortSignal(signal, send) : send());
  };
  const handler: ProxyHandler<object> = {
    get: (_, name) =>
      typeof name === 'string' && name !== 'then'
        ? (request: unknown, options?: CallOptions) => call(name as MethodName, request, options)
        : undefined,
  };
  return new Proxy({}, handler) as WorkflowServiceApi;
}
