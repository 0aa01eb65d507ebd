/**
 * What is seen of runs, and what must not be: logs, traces, metrics, and payloads that only those can read who have the keys.
 *
 * @module
 */
export {
  createPayloadCodec,
  encryptPayloads,
  PayloadCodecError,
  type PayloadCodecOptions,
  type PayloadProblem,
} from '../codec/index.ts';
export type { RedactOptions } from '../agent/redaction/index.ts';
export type { EndedRun, ModelCall, Telemetry } from '../agent/telemetry.ts';
export type { RunEnd, TraceContext } from '../workflow/protocol/index.ts';
export { createTelemetry, type TelemetryOptions } from './create-telemetry.ts';
export { createLogger, type Level, type Logger, type LoggerOptions } from './logs/logger.ts';
export { traceStarts } from './traces/trace-starts.ts';
