import { createPublicKey, type KeyObject } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { ConfigurationError, EngineUnavailableError } from '../../engine/index.ts';
import { isTenant } from './keys.ts';
import { type Principal, type Role, ROLES } from './principal.ts';

/** Which tokens of an identity provider are taken. Exactly one of `jwksUrl`, `publicKey` and `secret` says how they are signed. */
export interface JwtOptions {
  /** Who must have made them: `iss`. */
  readonly issuer: string;
  /** For whom they must be: `aud`. */
  readonly audience: string;
  /** Where the provider publishes its keys. They are fetched when they are first needed, and kept for ten minutes. */
  readonly jwksUrl?: string;
  /** The provider's public key, in PEM. */
  readonly publicKey?: string;
  /** A secret that the provider has, too: at least 32 characters. */
  readonly secret?: string;
  /** How tokens may be signed. Default: `RS256`, `ES256`, `EdDSA` and `PS256`; with a secret `HS256`. */
  readonly algorithms?: readonly string[];
  /** Where the role stands: a name or a path such as `realm_access.roles`; text or a list of texts. Default: `role`. */
  readonly roleClaim?: string;
  /** What the provider calls the roles, when it does not call them `viewer`, `operator` and `admin`. */
  readonly roles?: Readonly<Record<string, Role>>;
  /** Where the tenant stands. With it a token without one is refused. Default: there are no tenants, and everybody sees all runs. */
  readonly tenantClaim?: string;
  /** Where scopes stand: a list, or a text with spaces between. Default: tokens are good for all that the role allows. */
  readonly scopeClaim?: string;
}

/** Larger tokens are not looked at. */
const LONGEST = 8192;
const ASYMMETRIC = ['RS256', 'ES256', 'EdDSA', 'PS256'];
/** Of clocks that differ, in seconds. */
const TOLERANCE = 5;

/** A token is not taken. The message says why, for the log only. */
export class TokenRefusedError extends Error {
  /** Tells this class from others by text. */
  override readonly name = 'TokenRefusedError';
}

/** Checks tokens of an identity provider. */
export class JwtVerifier {
  readonly #options: JwtOptions;
  readonly #key: JWTVerifyGetKey | KeyObject | Uint8Array;
  readonly #algorithms: string[];

  /** @throws ConfigurationError */
  constructor(options: JwtOptions) {
    checkOptions(options);
    this.#options = options;
    this.#key = keyOf(options);
    this.#algorithms = [...(options.algorithms ?? (options.secret === undefined ? ASYMMETRIC : ['HS256']))];
  }

  /**
   * Whose token it is.
   * @throws TokenRefusedError; EngineUnavailableError when the provider's keys cannot be had.
   */
  async find(token: string): Promise<Principal> {
    if (token.length > LONGEST) throw new TokenRefusedError(`It has more than ${LONGEST} characters.`);
    const claims = await this.#verified(token);
    if (typeof claims.sub !== 'string' || claims.sub === '') throw new TokenRefusedError('Its claim sub names nobody.');
    const { roleClaim = 'role', roles, tenantClaim, scopeClaim } = this.#options;
    const role = strongest(textsAt(claims, roleClaim), roles);
    if (role === undefined) throw new TokenRefusedError(`Its claim '${roleClaim}' names no role.`);
    const tenant = tenantClaim === undefined ? undefined : valueAt(claims, tenantClaim);
    if (tenantClaim !== undefined && !isTenant(tenant))
      throw new TokenRefusedError(`Its claim '${tenantClaim}' names no tenant.`);
    return {
      id: `jwt:${claims.sub}`,
      role,
      ...(claims.exp === undefined ? {} : { expiresAt: (claims.exp + TOLERANCE) * 1000 }),
      ...(tenantClaim === undefined ? {} : { tenant: tenant as string }),
      ...(scopeClaim === undefined ? {} : { scopes: textsAt(claims, scopeClaim) }),
    };
  }

  async #verified(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.#options;
    const checks = {
      algorithms: this.#algorithms,
      issuer,
      audience,
      clockTolerance: TOLERANCE,
      requiredClaims: ['exp', 'sub'],
    };
    try {
      const key = this.#key;
      const { payload } =
        typeof key === 'function' ? await jwtVerify(token, key, checks) : await jwtVerify(token, key, checks);
      return payload;
    } catch (error) {
      // A key that is here cannot be out of reach: what goes wrong with it is the token's doing, such as another kind of algorithm.
      if (typeof this.#key === 'function' && isUnreachable(error))
        throw new EngineUnavailableError('The keys of the identity provider cannot be fetched.', { cause: error });
      throw new TokenRefusedError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }
}

function isUnreachable(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout) return true;
  // Whatever fetch throws; what a token can be wrong in is a JOSEError with a code of its own.
  return !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC';
}

function keyOf({ jwksUrl, publicKey, secret }: JwtOptions): JWTVerifyGetKey | KeyObject | Uint8Array {
  if (jwksUrl !== undefined) return createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 5000 });
  if (secret !== undefined) return new TextEncoder().encode(secret);
  try {
    return createPublicKey(publicKey ?? '');
  } catch (cause) {
    throw new ConfigurationError('auth.jwt.publicKey', 'is no public key.', { fix: 'Give it in PEM.', cause });
  }
}

function checkOptions(options: JwtOptions): void {
  const { issuer, audience, jwksUrl, publicKey, secret, algorithms } = options;
  const wrong = (name: string, problem: string, fix: string): ConfigurationError =>
    new ConfigurationError(`auth.jwt.${name}`, problem, { fix });
  if (!issuer) throw wrong('issuer', 'is missing.', 'Say whose tokens are taken, as in their claim iss.');
  if (!audience) throw wrong('audience', 'is missing.', 'Say for whom tokens must be, as in their claim aud.');
  if ([jwksUrl, publicKey, secret].filter((key) => key !== undefined).length !== 1)
    throw wrong('jwksUrl', 'how tokens are signed is not clear.', 'Give one of jwksUrl, publicKey and secret.');
  if (jwksUrl !== undefined && !isSafe(jwksUrl))
    throw wrong('jwksUrl', 'is no https: address.', 'Use https:, or http: on this machine.');
  if (secret !== undefined && secret.length < 32)
    throw wrong('secret', 'is too short to be safe.', 'Use at least 32 random characters.');
  // Else whoever knows the public key could sign with it.
  const isWrong = (name: string): boolean => name.startsWith('HS') !== (secret !== undefined) || name === 'none';
  const mixed = algorithms?.find(isWrong);
  if (mixed !== undefined || algorithms?.length === 0)
    throw wrong('algorithms', `${mixed ?? 'none'} does not fit the kind of key.`, 'Name HS… with a secret only.');
}

function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

function valueAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function textsAt(claims: JWTPayload, path: string): string[] {
  const value = valueAt(claims, path);
  if (typeof value === 'string') return value.split(' ');
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function strongest(names: readonly string[], roles: JwtOptions['roles']): Role | undefined {
  const given = new Set(
    names.map((name) => (roles === undefined ? name : Object.hasOwn(roles, name) ? roles[name] : undefined)),
  );
  return ROLES.findLast((role) => given.has(role));
}
