import { createRequire } from 'node:module';
import { type MeterProvider, trace, type TracerProvider } from '@opentelemetry/api';
import { hideSecrets, type RedactOptions } from '../agent/redaction/index.ts';
import type { Telemetry } from '../agent/telemetry.ts';
import { createLogger, type Logger, type LoggerOptions } from './logs/logger.ts';
import { createInstruments } from './metrics.ts';
import { Attempts } from './traces/attempts.ts';
import { activeTrace } from './traces/context.ts';
import { errorLabel } from './traces/failure.ts';

const PACKAGE = createRequire(import.meta.url)('perdure/package.json') as { readonly version: string };

/** What is told, and to whom. */
export interface TelemetryOptions {
  /** A logger, or how one is made. Default: `createLogger()`. */
  readonly logger?: Logger | LoggerOptions;
  /** Whether prompts, answers, arguments and results are in spans. Default: `false`. */
  readonly content?: boolean;
  /** What is secret beside what looks so, for all that this process writes from now on. */
  readonly redact?: RedactOptions;
  /** Default: the one that the application has registered with OpenTelemetry, now or later; without one there are no spans. */
  readonly tracerProvider?: TracerProvider;
  /** Default: the one that the application has registered by the time of the first measurement; without one nothing is measured. */
  readonly meterProvider?: MeterProvider;
}

/**
 * Logs, traces and metrics for workers and clients: pass it as `telemetry` to `runWorker`, `createWorker` and `connect`. It uses OpenTelemetry's API only; the
 * application brings the SDK.
 * @throws ConfigurationError when there is no such level of logs.
 * @example
 * await runWorker({ agents: [support], telemetry: createTelemetry() });
 */
export function createTelemetry(options: TelemetryOptions = {}): Telemetry {
  const { content = false, tracerProvider, meterProvider } = options;
  hideSecrets(options.redact ?? {});
  const logger = isLogger(options.logger) ? options.logger : createLogger(options.logger);
  const tracer = (tracerProvider ?? trace.getTracerProvider()).getTracer('perdure', PACKAGE.version);
  const instruments = createInstruments(meterProvider, PACKAGE.version);
  const attempts = new Attempts({ tracer, instruments, content });
  return {
    logger,
    activity: (context) => attempts.intercept(context),
    trace: activeTrace,
    modelCalled: (call) => attempts.modelCalled(call),
    runEnded: ({ workflowId: run }, { agent, outcome, failure, duration }) => {
      logger.info('Run ended', { run, agent, outcome, duration, ...(failure !== undefined && { failure }) });
      instruments.run(duration / 1000, {
        'gen_ai.agent.name': agent,
        'perdure.outcome': outcome,
        ...(failure !== undefined && errorLabel(failure)),
      });
    },
  };
}

function isLogger(logger: Logger | LoggerOptions | undefined): logger is Logger {
  return logger !== undefined && 'child' in logger;
}
