import type { ApiOptions } from '../options.ts';
import { HttpProblem } from '../problems/problem.ts';
import type { RateLimits } from '../request/rate-limits.ts';
import type { Route } from '../route.ts';
import { Authenticator } from './authenticate.ts';
import { checkLocal, LOCAL } from './loopback.ts';
import type { Principal } from './principal.ts';

/** A request that is let in. */
export interface Admission {
  /** Who asks; missing where nobody has to say so. */
  readonly principal?: Principal;
  /** Of the answer. */
  readonly headers: Readonly<Record<string, string>>;
}

const UNKNOWN_ADDRESS = 'unknown';

/** Lets requests in: by credential or by place, and not too many of them. */
export class Guard {
  readonly #authenticator: Authenticator | undefined;
  readonly #limits: RateLimits;
  readonly #cors: readonly string[];

  /** @throws ConfigurationError */
  constructor({ auth, cors = [] }: Pick<ApiOptions, 'auth' | 'cors'>, limits: RateLimits) {
    this.#authenticator = auth === 'loopback' ? undefined : new Authenticator(auth);
    this.#limits = limits;
    this.#cors = cors;
  }

  /**
   * Lets a request in.
   * @param address of the other end of the connection, where it is known.
   * @throws HttpProblem 401, 403, 429
   */
  async admit({ role }: Route, request: Request, address: string | undefined): Promise<Admission> {
    const from = `address:${address ?? UNKNOWN_ADDRESS}`;
    if (this.#authenticator === undefined) {
      checkLocal(request, address, this.#cors);
      return { principal: LOCAL, headers: await this.#limits.count(LOCAL.id) };
    }
    if (role === 'public') return { headers: await this.#limits.count(from) };
    try {
      const principal = await this.#authenticator.authenticate(request);
      const { tenant = '', id } = principal;
      return { principal, headers: await this.#limits.count(`${tenant}~${id}`) };
    } catch (error) {
      if (error instanceof HttpProblem && error.about.status === 401) await this.#limits.countFailure(from);
      throw error;
    }
  }
}
