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
