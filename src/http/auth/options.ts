import type { ApiKey } from './keys.ts';
import type { JwtOptions } from './jwt.ts';

/** Who may use the API. */
export interface AuthOptions {
  /** Keys of programs and people, as `createApiKey` gives them: without the secret. */
  readonly keys?: readonly ApiKey[];
  /** Tokens of an identity provider. */
  readonly jwt?: JwtOptions;
}
