export { hideSecrets, type RedactOptions } from './known-secrets.ts';
export { redact, redactBeginning } from './text.ts';
export { redactData, redactValue } from './value.ts';
