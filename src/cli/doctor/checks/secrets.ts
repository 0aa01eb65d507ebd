import { parseKeys } from '../../../codec/keys.ts';
import type { EngineConfig } from '../../../engines/index.ts';
import { authFromEnv } from '../../serve/auth.ts';
import { type Environment, type Finding, fine, trouble } from '../finding.ts';

const LEAST = 32;

/** Whether completion tokens can be signed. Shows no secret. */
export function checkSecret(engines: readonly EngineConfig['type'][], env: Environment): readonly Finding[] {
  const area = 'secret';
  const secret = env['PERDURE_SECRET'];
  const fix = `Set PERDURE_SECRET to at least ${LEAST} random characters, the same for all workers and clients.`;
  if (secret) {
    if (secret.length >= LEAST) return [fine(area, 'PERDURE_SECRET is set')];
    return [{ area, condition: 'warning', says: `PERDURE_SECRET has only ${secret.length} characters.`, fix }];
  }
  if (!engines.includes('temporal')) return [fine(area, 'the engine has one of its own')];
  return [{ area, condition: 'warning', says: 'PERDURE_SECRET is not set: async tools need it on Temporal.', fix }];
}

/** Whether payloads can be encrypted, where that is asked for. Shows no key. */
export function checkPayloadKeys(env: Environment): readonly Finding[] {
  const area = 'payloads';
  const text = env['PERDURE_PAYLOAD_KEYS']?.trim();
  if (!text) return [fine(area, 'are not encrypted: PERDURE_PAYLOAD_KEYS is not set')];
  try {
    const { current, keys } = parseKeys(text, 'PERDURE_PAYLOAD_KEYS');
    return [fine(area, `are encrypted with the key ${current}; keys that decrypt: ${[...keys.keys()].join(', ')}`)];
  } catch (error) {
    return [trouble(area, error)];
  }
}

/** Whether keys and tokens of the API are as they must be. Shows none of them. */
export async function checkAuth(env: Environment): Promise<readonly Finding[]> {
  const area = 'API';
  try {
    const auth = await authFromEnv(undefined, env);
    if (auth === undefined) return [fine(area, 'no keys: it is served on this machine only')];
    const [{ ApiKeys }, { JwtVerifier }] = await Promise.all([
      import('../../../http/auth/keys.ts'),
      import('../../../http/auth/jwt.ts'),
    ]);
    const { keys = [], jwt } = auth;
    // Both check what they are given.
    void new ApiKeys(keys);
    if (jwt !== undefined) void new JwtVerifier(jwt);
    const ended = keys.filter(({ expiresAt }) => expiresAt !== undefined && Date.parse(expiresAt) <= Date.now());
    const says = [...(keys.length > 0 ? [`${keys.length} keys`] : []), ...(jwt ? [`tokens of ${jwt.issuer}`] : [])];
    const old = ended.map(
      ({ id }) =>
        ({
          area,
          condition: 'warning',
          says: `the key ${id} has expired.`,
          fix: 'Remove it, or make another one: perdure key create.',
        }) as const,
    );
    return [fine(area, says.join(', ')), ...old];
  } catch (error) {
    return [trouble(area, error)];
  }
}
