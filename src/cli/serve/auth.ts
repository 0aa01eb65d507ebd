import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '../../engine/index.ts';
import type { ApiKey, AuthOptions, JwtOptions } from '../../http/index.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that say which tokens are taken; `PERDURE_JWT_ISSUER` among them says that some are. */
const JWT = {
  issuer: 'PERDURE_JWT_ISSUER',
  audience: 'PERDURE_JWT_AUDIENCE',
  jwksUrl: 'PERDURE_JWT_JWKS_URL',
  publicKey: 'PERDURE_JWT_PUBLIC_KEY',
  secret: 'PERDURE_JWT_SECRET',
  roleClaim: 'PERDURE_JWT_ROLE_CLAIM',
  tenantClaim: 'PERDURE_JWT_TENANT_CLAIM',
  scopeClaim: 'PERDURE_JWT_SCOPE_CLAIM',
} as const satisfies Partial<Record<keyof JwtOptions, string>>;

/**
 * Who may use the API, as flags and environment say: `PERDURE_API_KEYS` has what `perdure key create` gives, as JSON or as the name of a file with it.
 * @param keysFile comes before `PERDURE_API_KEYS`.
 * @returns `undefined` when nothing is said.
 * @throws ConfigurationError when the file cannot be read, or what is said is no list of keys.
 */
export async function authFromEnv(keysFile: string | undefined, env: Environment): Promise<AuthOptions | undefined> {
  const keys = keysFile === undefined ? await keysOf(env['PERDURE_API_KEYS']) : await keysIn(keysFile, '--keys');
  const given = Object.entries(JWT).flatMap(([name, variable]) => (env[variable] ? [[name, env[variable]]] : []));
  const jwt = given.length === 0 ? undefined : (Object.fromEntries(given) as unknown as JwtOptions);
  if (keys === undefined && jwt === undefined) return undefined;
  return { ...(keys && { keys }), ...(jwt && { jwt }) };
}

async function keysOf(text: string | undefined): Promise<readonly ApiKey[] | undefined> {
  const trimmed = text?.trim();
  if (!trimmed) return undefined;
  return /^[[{]/.test(trimmed) ? parsed(trimmed, 'PERDURE_API_KEYS') : await keysIn(trimmed, 'PERDURE_API_KEYS');
}

async function keysIn(file: string, path: string): Promise<readonly ApiKey[]> {
  try {
    return parsed(await readFile(file, 'utf8'), path);
  } catch (cause) {
    if (ConfigurationError.is(cause)) throw cause;
    throw new ConfigurationError(path, `${file} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, {
      fix: 'Name a file with what `perdure key create` gives.',
      cause,
    });
  }
}

/** The API checks each key; here it only has to be JSON. No message shows any of it. */
function parsed(text: string, path: string): readonly ApiKey[] {
  try {
    const value: unknown = JSON.parse(text);
    return (Array.isArray(value) ? value : [value]) as readonly ApiKey[];
  } catch {
    throw new ConfigurationError(path, 'is no JSON.', {
      fix: 'Give a list of what `perdure key create` prints: [{ "id": …, "hash": …, "role": … }].',
    });
  }
}
