import { ConfigurationError } from '../engine/index.ts';
import { type ApiOptions, DEFAULT_LIMITS } from './options.ts';

/** Refuses options that cannot work. @throws ConfigurationError */
export function checkOptions({ perdure, auth, cors = [], data, limits = {} }: ApiOptions): void {
  if (typeof perdure?.start !== 'function')
    throw new ConfigurationError('perdure', 'is missing.', { fix: 'Pass what connect() gives.' });
  if (auth !== 'loopback' && (typeof auth !== 'object' || auth === null))
    throw new ConfigurationError('auth', 'is missing, so it is not clear who may use the API.', {
      fix: "Give { keys } or { jwt }; 'loopback' serves this machine without credentials.",
    });
  if (data !== undefined && typeof data.read !== 'function')
    throw new ConfigurationError('data', 'is no workflow data.', { fix: 'Pass what openWorkflowData() gives.' });
  for (const [index, origin] of cors.entries()) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new ConfigurationError(`cors[${index}]`, `'${origin}' is no origin.`, {
      fix: 'Give scheme, host and port only, such as https://app.example.com.',
    });
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name))
      throw new ConfigurationError(`limits.${name}`, 'is no limit.', {
        fix: `Use ${Object.keys(DEFAULT_LIMITS).join(', ')}.`,
      });
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw new ConfigurationError(`limits.${name}`, `${String(value)} is no limit.`, {
      fix: 'Give a whole number from 1.',
    });
  }
}
