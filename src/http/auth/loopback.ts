import { HttpProblem } from '../problems/problem.ts';
import type { Principal } from './principal.ts';

/** Names and addresses of this machine for itself. */
const NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Who asks where nobody has to say so. */
export const LOCAL: Principal = { id: 'local', role: 'admin' };

/** Whether an address of a host or a connection is this machine's own. */
export function isLoopback(address: string): boolean {
  return NAMES.has(address) || address === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(address);
}

/**
 * Lets through what programs of this machine ask, and pages of this server. What a browser asks for other pages comes with their `Origin`, or with
 * a `Host` that somebody else's name server has pointed here; what a proxy asks for others comes from this machine, too, but says so.
 * @param address of the other end of the connection, where it is known.
 * @throws HttpProblem 403
 */
export function checkLocal(request: Request, address: string | undefined, cors: readonly string[]): void {
  const url = new URL(request.url);
  const { headers } = request;
  if (!NAMES.has(url.hostname)) throw refused(`The host '${url.hostname}' is not this machine.`);
  if (address !== undefined && !isLoopback(address)) throw refused('The request comes from another machine.');
  const proxy = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'].find((name) =>
    headers.has(name),
  );
  if (proxy !== undefined) throw refused(`The request came through a proxy: it has the header ${proxy}.`);
  const origin = headers.get('origin');
  if (origin !== null && origin !== url.origin && !cors.includes(origin))
    throw refused(`Pages of '${origin}' may not use this server.`);
  if (origin === null && headers.get('sec-fetch-site') === 'cross-site')
    throw refused('Pages of other sites may not use this server.');
}

function refused(detail: string): HttpProblem {
  return new HttpProblem('NOT_LOCAL', detail, {
    status: 403,
    title: 'Only for this machine',
    fix: 'Without keys or JWT the API serves programs of its own machine. Configure `auth` to serve others, `cors` for pages of other origins.',
  });
}
