import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ConfigurationError } from '../../engine/index.ts';
import { type Principal, type Role, ROLES } from './principal.ts';

/** What is kept of an API key: enough to know it again, not enough to use it. */
export interface ApiKey {
  /** Names it, in logs and in what is recorded of decisions: small letters, digits and `-`. */
  readonly id: string;
  /** SHA-256 of the key, in hexadecimal. */
  readonly hash: string;
  /** What its holder may do. */
  readonly role: Role;
  /** Whose runs its holder sees. Left out: all runs. Letters, digits, `.`, `_` and `-`. */
  readonly tenant?: string;
  /** The only scopes of routes that it is good for, as /openapi.json names them. Left out: all that the role allows. */
  readonly scopes?: readonly string[];
  /** When it ends, in ISO 8601. Left out: never. */
  readonly expiresAt?: string;
}

/** A new key. */
export interface NewApiKey {
  /** What its holder sends. It is not kept anywhere: who loses it needs a new one. */
  readonly key: string;
  /** What the server is given. */
  readonly record: ApiKey;
}

const KEY = /^perdure_([a-z0-9-]{1,64})_([\w-]{43})$/;
const ID = /^[a-z0-9-]{1,64}$/;
const NAMES: ReadonlySet<string> = new Set(['id', 'hash', 'role', 'tenant', 'scopes', 'expiresAt']);
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Makes an API key of 256 random bits.
 * @throws ConfigurationError when a part of it is impossible.
 * @example
 * const { key, record } = createApiKey({ id: 'ops', role: 'operator' });
 */
export function createApiKey(about: Omit<ApiKey, 'hash'>): NewApiKey {
  const key = `perdure_${about.id}_${randomBytes(32).toString('base64url')}`;
  const record = { ...about, hash: hashOf(key).toString('hex') };
  checkKeys([record], 'key');
  return { key, record };
}

/** Finds who a key belongs to. */
export class ApiKeys {
  readonly #keys: ReadonlyMap<string, ApiKey>;

  constructor(keys: readonly ApiKey[]) {
    checkKeys(keys, 'auth.keys');
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Whether a credential looks like a key of ours. */
  static isKey(credential: string): boolean {
    return credential.startsWith('perdure_');
  }

  /** Whose key it is; `undefined` for unknown, wrong and expired ones. */
  find(credential: string, now: number = Date.now()): Principal | undefined {
    const [, id = ''] = KEY.exec(credential) ?? [];
    const key = this.#keys.get(id);
    // Also without such a key, so that the time taken tells nothing about ids.
    const isRight = timingSafeEqual(hashOf(credential), Buffer.from(key?.hash ?? '0'.repeat(64), 'hex'));
    if (key === undefined || !isRight) return undefined;
    if (key.expiresAt !== undefined && Date.parse(key.expiresAt) <= now) return undefined;
    return {
      id: `key:${key.id}`,
      role: key.role,
      ...(key.tenant === undefined ? {} : { tenant: key.tenant }),
      ...(key.scopes === undefined ? {} : { scopes: key.scopes }),
      ...(key.expiresAt === undefined ? {} : { expiresAt: Date.parse(key.expiresAt) }),
    };
  }
}

/** Whether a text can name a tenant. */
export function isTenant(tenant: unknown): tenant is string {
  return typeof tenant === 'string' && TENANT.test(tenant);
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function checkKeys(keys: readonly ApiKey[], path: string): void {
  const seen = new Set<string>();
  for (const [index, key] of keys.entries()) {
    const problem = problemOf(key);
    if (problem !== undefined)
      throw new ConfigurationError(`${path}[${index}].${problem.field}`, problem.problem, { fix: problem.fix });
    if (seen.has(key.id))
      throw new ConfigurationError(`${path}[${index}].id`, `'${key.id}' is there twice.`, {
        fix: 'Give every key an id of its own.',
      });
    seen.add(key.id);
  }
}

interface KeyProblem {
  readonly field: string;
  readonly problem: string;
  readonly fix: string;
}

function problemOf(key: ApiKey): KeyProblem | undefined {
  const { id, hash, role, tenant, scopes, expiresAt } = key ?? {};
  // A tenant that is spelled wrongly would be none.
  const odd = Object.keys(key ?? {}).find((name) => !NAMES.has(name));
  if (odd !== undefined) return { field: odd, problem: 'is unknown.', fix: `Use ${[...NAMES].join(', ')}.` };
  if (typeof id !== 'string' || !ID.test(id))
    return { field: 'id', problem: 'is no id.', fix: 'Use 1 to 64 small letters, digits and -.' };
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))
    return { field: 'hash', problem: 'is no SHA-256.', fix: 'Take the record that createApiKey gives.' };
  if (!ROLES.includes(role)) return { field: 'role', problem: 'is no role.', fix: `Use one of ${ROLES.join(', ')}.` };
  if (tenant !== undefined && !isTenant(tenant))
    return { field: 'tenant', problem: 'cannot name a tenant.', fix: 'Use letters, digits, ., _ and -, at most 64.' };
  if (scopes !== undefined && !(Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string')))
    return { field: 'scopes', problem: 'is no list of texts.', fix: 'Give scopes such as ["runs:read"].' };
  if (expiresAt !== undefined && Number.isNaN(Date.parse(expiresAt)))
    return { field: 'expiresAt', problem: 'is no time.', fix: 'Use ISO 8601, such as 2030-01-31T00:00:00Z.' };
  return undefined;
}
