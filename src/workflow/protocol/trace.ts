/** Where in a trace a run, or a part of one, belongs: W3C trace context, as OpenTelemetry's propagators write it. */
export interface TraceContext {
  /** `00-<trace id>-<parent id>-<flags>`. Missing when there is no trace. */
  readonly traceparent?: string;
  /** What vendors add. */
  readonly tracestate?: string;
}

/** How a run has ended. */
export interface RunEnd {
  /** The agent's name, or the workflow's type. */
  readonly agent: string;
  /** How. */
  readonly outcome: 'cancelled' | 'completed' | 'failed';
  /** Type of the failure, when it failed. */
  readonly failure?: string;
  /** Since the first run of the chain was started, in milliseconds. */
  readonly duration: number;
}
