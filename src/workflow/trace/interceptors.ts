import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import {
  ApplicationFailure,
  ContinueAsNew,
  isCancellation,
  proxySinks,
  type Sinks,
  TemporalFailure,
  workflowInfo,
  type WorkflowInterceptorsFactory,
} from '@temporalio/workflow';
import { AGENT_WORKFLOW, type AgentRunInput, type RunEnd, TRACE_HEADER, type TraceContext } from '../protocol/index.ts';
import { carriedAgent, carriedTrace, carryAgent, carryTrace } from './carried-trace.ts';

/** What workers of agents offer. */
interface TelemetrySinks extends Sinks {
  readonly perdureTelemetry: {
    /** Hears of the end of a run. */
    runEnded(end: RunEnd): void;
  };
}

const { perdureTelemetry } = proxySinks<TelemetrySinks>();

/**
 * Passes on to activities, children and the next run of the chain where in a trace this run belongs, and tells the worker how it ended. Only headers: nothing
 * that a replay would compare, and no step of the event loop more than without it.
 */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute(input, next) {
        const run = agentRun(input.args);
        carryAgent(run?.agent);
        carryTrace(readTrace(input.headers) ?? run?.trace);
        const result = next(input);
        result.then(
          () => tell(run, { outcome: 'completed' }),
          (error: unknown) => tellError(run, error),
        );
        return result;
      },
    },
  ],
  outbound: [
    {
      scheduleActivity: (input, next) => next({ ...input, headers: withTrace(input.headers) }),
      scheduleLocalActivity: (input, next) => next({ ...input, headers: withTrace(input.headers) }),
      startChildWorkflowExecution: (input, next) => next({ ...input, headers: withTrace(input.headers) }),
      continueAsNew: (input, next) => next({ ...input, headers: withTrace(input.headers) }),
      getLogAttributes(attributes, next) {
        const agent = carriedAgent();
        return next({ ...attributes, run: workflowInfo().workflowId, ...(agent !== undefined && { agent }) });
      },
    },
  ],
});

function agentRun([input]: readonly unknown[]): AgentRunInput | undefined {
  if (workflowInfo().workflowType !== AGENT_WORKFLOW) return undefined;
  return input as AgentRunInput | undefined;
}

function readTrace(headers: Headers): TraceContext | undefined {
  const payload = headers[TRACE_HEADER];
  if (payload === undefined) return undefined;
  try {
    const trace: unknown = defaultPayloadConverter.fromPayload(payload);
    return typeof trace === 'object' && trace !== null ? trace : undefined;
  } catch {
    // Written by somebody else: a run must not fail of it.
    return undefined;
  }
}

/** Who has set it already knows better. */
function withTrace(headers: Headers): Headers {
  const trace = carriedTrace();
  if (trace?.traceparent === undefined || headers[TRACE_HEADER] !== undefined) return headers;
  return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(trace) };
}

function tellError(run: AgentRunInput | undefined, error: unknown): void {
  // Going on as new is no end, and neither is a mistake in code, whose task is tried again.
  if (error instanceof ContinueAsNew || !(error instanceof TemporalFailure)) return;
  if (isCancellation(error)) tell(run, { outcome: 'cancelled' });
  else
    tell(run, {
      outcome: 'failed',
      failure: (error instanceof ApplicationFailure ? error.type : undefined) ?? error.name,
    });
}

function tell(run: AgentRunInput | undefined, end: Pick<RunEnd, 'failure' | 'outcome'>): void {
  // Otherwise nobody listens, and the worker may not know what is meant.
  if (carriedTrace() === undefined) return;
  const { workflowType, startTime } = workflowInfo();
  const startedAt = run?.carried?.state.startedAt;
  const duration = Date.now() - (startedAt === undefined ? startTime : new Date(startedAt)).getTime();
  perdureTelemetry.runEnded({ agent: run?.agent ?? workflowType, duration, ...end });
}
