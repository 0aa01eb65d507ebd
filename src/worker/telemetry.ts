import type { InjectedSinks } from '@temporalio/worker';
import { Runtime } from '@temporalio/worker';
import type { Sinks } from '@temporalio/workflow';
import type { Telemetry } from '../agent/telemetry.ts';
import type { RunEnd } from '../workflow/protocol/index.ts';
import type { AnyWorkerOptions, OfficialOptions } from './options.ts';
import { redactFailures } from './redact-failures.ts';

/** What workflows tell of themselves. */
interface TelemetrySinks extends Sinks {
  readonly perdureTelemetry: { runEnded(end: RunEnd): void };
}

/** Interceptors and sinks of every worker: secrets stay out of failures, and telemetry, if there is some, hears of everything. */
export function observed({
  telemetry,
  workerOptions = {},
}: AnyWorkerOptions): Pick<OfficialOptions, 'interceptors' | 'sinks'> {
  const { interceptors = {}, sinks } = workerOptions;
  const { activityInbound: _, workflowModules: _bundled, ...others } = interceptors;
  return {
    interceptors: {
      ...others,
      // The first one surrounds all others.
      activity: [redactFailures, ...(telemetry ? [telemetry.activity] : []), ...(interceptors.activity ?? [])],
    },
    sinks: { ...sinks, ...runEnds(telemetry) },
  };
}

function runEnds(telemetry: Telemetry | undefined): InjectedSinks<TelemetrySinks> {
  return {
    perdureTelemetry: {
      runEnded: {
        fn: ({ workflowId, runId }, end) => telemetry?.runEnded({ workflowId, runId }, end),
        callDuringReplay: false,
      },
    },
  };
}

/** Has the official runtime log where telemetry does, unless the application has set up the runtime by itself. */
export function installLogger({ telemetry }: AnyWorkerOptions): void {
  if (telemetry === undefined) return;
  try {
    Runtime.install({ logger: telemetry.logger, telemetryOptions: { logging: { forward: {} } } });
  } catch (error) {
    if (!(error instanceof Error && error.name === 'IllegalStateError')) throw error;
  }
}
