import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { ApiLimits } from '../options.ts';
import { HttpProblem } from '../problems/problem.ts';

const WINDOW_SECONDS = 60;

/** Counts requests, in this process. */
export class RateLimits {
  readonly #requests: RateLimiterMemory;
  readonly #failures: RateLimiterMemory;

  constructor({ requestsPerMinute, failedLoginsPerMinute }: Required<ApiLimits>) {
    this.#requests = new RateLimiterMemory({ points: requestsPerMinute, duration: WINDOW_SECONDS });
    this.#failures = new RateLimiterMemory({ points: failedLoginsPerMinute, duration: WINDOW_SECONDS });
  }

  /**
   * Counts a request.
   * @param who of the credential, or the address. @returns headers that say what is left.
   * @throws HttpProblem 429
   */
  async count(who: string): Promise<Record<string, string>> {
    return headersOf(this.#requests.points, await consumed(this.#requests, who));
  }

  /**
   * Counts a wrong credential. Right ones are let in all the same: behind a proxy everybody has one address, and keys are too long to be guessed.
   * @throws HttpProblem 429
   */
  async countFailure(address: string): Promise<void> {
    await consumed(this.#failures, address);
  }
}

async function consumed(limiter: RateLimiterMemory, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (state) {
    if (!(state instanceof RateLimiterRes)) throw state;
    throw tooMany(limiter.points, state);
  }
}

function tooMany(points: number, state: RateLimiterRes): HttpProblem {
  const seconds = secondsOf(state);
  return new HttpProblem('RATE_LIMITED', `More than ${points} requests in a minute.`, {
    status: 429,
    title: 'Too many requests',
    fix: `Try again in ${seconds} seconds.`,
    headers: { 'retry-after': String(seconds), ...headersOf(points, state) },
  });
}

/** As the IETF's draft has them (draft-ietf-httpapi-ratelimit-headers). */
function headersOf(points: number, state: RateLimiterRes): Record<string, string> {
  return {
    'ratelimit-policy': `"requests";q=${points};w=${WINDOW_SECONDS}`,
    ratelimit: `"requests";r=${Math.max(0, state.remainingPoints)};t=${secondsOf(state)}`,
  };
}

function secondsOf({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1000));
}
