import type { Connection } from '@temporalio/client';
import { systemClock } from './system-clock.ts';
import type { CallOptions, MethodName, WorkflowServiceApi } from './service.ts';

/** A poll is given up after this, if the server does not end it before. */
const LONG_POLL_TIMEOUT_MS = 70_000;

type Call = (request: unknown) => Promise<unknown>;

/** The RPCs of a Temporal server behind an official connection (a client's, or a worker's). */
export function fromConnection(
  connection: Pick<Connection, 'workflowService' | 'withAbortSignal' | 'withDeadline'>,
): WorkflowServiceApi {
  const service = connection.workflowService;
  const call = async (name: MethodName, request: unknown, options: CallOptions | undefined): Promise<unknown> => {
    const method = service[name] as Call;
    const send = (): Promise<unknown> => method.call(service, request);
    const signal = options?.signal;
    if (signal === undefined) return await send();
    // The deadline is one of real time, whatever clock the engine uses.
    const deadline = systemClock.now() + LONG_POLL_TIMEOUT_MS;
    return await connection.withAbortSignal(signal, () => connection.withDeadline(deadline, send));
  };
  const handler: ProxyHandler<object> = {
    get: (_, name) =>
      typeof name === 'string' && name !== 'then'
        ? (request: unknown, options?: CallOptions) => call(name as MethodName, request, options)
        : undefined,
  };
  return new Proxy({}, handler) as WorkflowServiceApi;
}
