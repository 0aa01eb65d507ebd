import { ConfigurationError } from '../../engine/index.ts';
import { HttpProblem } from '../problems/problem.ts';
import type { Route } from '../route.ts';
import { ApiKeys } from './keys.ts';
import { JwtVerifier, TokenRefusedError } from './jwt.ts';
import type { AuthOptions } from './options.ts';
import { isAtLeast, type Principal } from './principal.ts';

/** Finds out who asks. */
export class Authenticator {
  readonly #keys: ApiKeys | undefined;
  readonly #jwt: JwtVerifier | undefined;

  /** @throws ConfigurationError when nobody could ever be let in, or something is wrong with keys or tokens. */
  constructor({ keys, jwt }: AuthOptions) {
    if (!keys?.length && jwt === undefined)
      throw new ConfigurationError('auth', 'has neither keys nor jwt, so nobody could use the API.', {
        fix: "Give keys made by createApiKey, or jwt; `auth: 'loopback'` serves this machine without credentials.",
      });
    this.#keys = keys?.length ? new ApiKeys(keys) : undefined;
    this.#jwt = jwt === undefined ? undefined : new JwtVerifier(jwt);
  }

  /**
   * Who sends a request.
   * @throws HttpProblem 401; EngineUnavailableError when the identity provider's keys cannot be had.
   */
  async authenticate(request: Request): Promise<Principal> {
    const header = request.headers.get('authorization');
    if (header === null) throw unauthorized('There is no credential.');
    const [, credential] = /^Bearer +([\w.~+/=-]+) *$/i.exec(header) ?? [];
    if (credential === undefined) throw unauthorized('The credential is no bearer token.');
    const principal = ApiKeys.isKey(credential) ? this.#keys?.find(credential) : await this.#byToken(credential);
    if (principal === undefined) throw unauthorized('The credential is not valid.', 'error="invalid_token"');
    return principal;
  }

  async #byToken(token: string): Promise<Principal | undefined> {
    try {
      return await this.#jwt?.find(token);
    } catch (error) {
      // Why is nobody's business but the log's.
      if (!(error instanceof TokenRefusedError)) throw error;
      throw unauthorized('The credential is not valid.', 'error="invalid_token"', error);
    }
  }
}

/** Lets through who may use a route. @throws HttpProblem 403 */
export function authorize({ role, scope }: Pick<Route, 'role' | 'scope'>, principal: Principal): void {
  if (role === 'public') return;
  if (!isAtLeast(principal.role, role))
    throw forbidden(`This takes the role ${role}; the credential has the role ${principal.role}.`, role);
  if (principal.scopes !== undefined && !principal.scopes.includes(scope))
    throw forbidden(`This takes the scope ${scope}, which the credential does not have.`, role);
}

function unauthorized(detail: string, error?: string, cause?: unknown): HttpProblem {
  return new HttpProblem('UNAUTHORIZED', detail, {
    status: 401,
    title: 'Who are you?',
    fix: 'Send `authorization: Bearer` with an API key or a token that is valid.',
    headers: { 'www-authenticate': `Bearer realm="perdure"${error === undefined ? '' : `, ${error}`}` },
    cause,
  });
}

function forbidden(detail: string, role: string): HttpProblem {
  return new HttpProblem('FORBIDDEN', detail, {
    status: 403,
    title: 'Not allowed',
    fix: `Use a credential with the role ${role} and, where it has scopes, that of the route.`,
  });
}
