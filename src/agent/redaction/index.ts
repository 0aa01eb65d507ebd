export { hideSecrets, type RedactOptions } from './known-secrets.ts';
export { redact } from './text.ts';
export { redactValue } from './value.ts';
