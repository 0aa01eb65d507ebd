import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { TRACE_HEADER } from '../../workflow/protocol/index.ts';
import { activeTrace } from './context.ts';

/**
 * Interceptor of an official client: hands the trace that the caller is in to workflows of one's own, which pass it on to their activities and children.
 * Runs of agents have it from `connect({ telemetry })`.
 * @example
 * const engine = await openEngine({ type: 'bullmq', client: { interceptors: { workflow: [traceStarts()] } } });
 */
export function traceStarts(): WorkflowClientInterceptor {
  return {
    start: (input, next) => next({ ...input, headers: withTrace(input.headers) }),
    signalWithStart: (input, next) => next({ ...input, headers: withTrace(input.headers) }),
  };
}

function withTrace(headers: Headers): Headers {
  const trace = activeTrace();
  if (trace === undefined || headers[TRACE_HEADER] !== undefined) return headers;
  return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(trace) };
}
