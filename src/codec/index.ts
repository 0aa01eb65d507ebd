export { converterFromEnv, encryptPayloads } from './data-converter.ts';
export { PayloadCodecError, type PayloadProblem } from './errors.ts';
export { createPayloadCodec, type PayloadCodecOptions } from './payload-codec.ts';
