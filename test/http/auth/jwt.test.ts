import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JwtVerifier, type JwtOptions } from '../../../src/http/auth/jwt.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const secret = 'a secret of these tests that is long enough';
const base: JwtOptions = { issuer: 'https://id.example.com', audience: 'perdure', publicKey };
const now = Math.floor(Date.now() / 1000);
const claims: JWTPayload = { iss: base.issuer, aud: base.audience, sub: 'alice', role: 'operator', exp: now + 600 };

async function sign(
  payload: object = claims,
  { key = pair.privateKey, alg = 'RS256', kid }: { key?: KeyObject | Uint8Array; alg?: string; kid?: string } = {},
): Promise<string> {
  return await new SignJWT(payload as JWTPayload)
    .setProtectedHeader(kid === undefined ? { alg } : { alg, kid })
    .sign(key);
}

/** A token of any header, signed or not. */
function forged(header: object, payload: object, signature = ''): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.${signature}`;
}

describe('a token', () => {
  it('says who, with what role', async () => {
    const verifier = new JwtVerifier(base);
    await expect(verifier.find(await sign())).resolves.toEqual({
      id: 'jwt:alice',
      role: 'operator',
      expiresAt: (now + 605) * 1000,
    });
    const roles = await sign({ ...claims, role: ['other', 'viewer', 'admin'] });
    await expect(verifier.find(roles)).resolves.toMatchObject({ role: 'admin' });
  });

  it('says it by the claims of the provider', async () => {
    const verifier = new JwtVerifier({
      ...base,
      roleClaim: 'realm_access.roles',
      roles: { 'perdure-ops': 'operator' },
      tenantClaim: 'https://example.com/tenant',
      scopeClaim: 'scope',
    });
    const payload = {
      ...claims,
      realm_access: { roles: ['admin', 'perdure-ops'] },
      'https://example.com/tenant': 'acme',
      scope: 'runs:read answers:write',
    };
    await expect(verifier.find(await sign(payload))).resolves.toEqual({
      id: 'jwt:alice',
      role: 'operator',
      expiresAt: (now + 605) * 1000,
      tenant: 'acme',
      scopes: ['runs:read', 'answers:write'],
    });
    for (const tenant of [undefined, '', 'a~b', '../a', 7, ['acme'], 'x'.repeat(65)]) {
      const token = await sign({ ...payload, 'https://example.com/tenant': tenant });
      await expect(verifier.find(token), String(tenant)).rejects.toThrow('names no tenant');
    }
    await expect(verifier.find(await sign({ ...payload, scope: undefined }))).resolves.toMatchObject({ scopes: [] });
  });

  const hs = (payload: object, key: string): string => {
    const unsigned = forged({ alg: 'HS256', typ: 'JWT' }, payload).slice(0, -1);
    return `${unsigned}.${createHmac('sha256', key).update(unsigned).digest('base64url')}`;
  };
  const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' }).toString('latin1');
  const refused: readonly (readonly [string, () => string | Promise<string>])[] = [
    ['without a signature', () => forged({ alg: 'none' }, claims)],
    ['of the algorithm None', () => forged({ alg: 'None' }, claims)],
    ['of no algorithm', () => forged({}, claims)],
    ['signed with the public key as a secret', () => hs(claims, publicKey)],
    ['signed with the public key as a secret, in DER', () => hs(claims, der)],
    ['signed with an algorithm that is not asked for', () => sign(claims, { alg: 'RS512' })],
    ['of an algorithm that is not for the key', () => forged({ alg: 'EdDSA' }, claims, 'A'.repeat(86))],
    ['of another such algorithm', () => forged({ alg: 'ES256' }, claims, 'A'.repeat(86))],
    ['of another key', () => sign(claims, { key: stranger.privateKey })],
    [
      'that brings its own key',
      async () => forged({ alg: 'RS256', jwk: await exportJWK(stranger.publicKey) }, claims, 'AA'),
    ],
    ['that says where its key is', () => forged({ alg: 'RS256', jku: 'http://127.0.0.1:1/' }, claims, 'AA')],
    ['with an extension that nobody knows', () => forged({ alg: 'RS256', crit: ['x'], x: 1 }, claims, 'AA')],
    ['that has expired', () => sign({ ...claims, exp: now - 60 })],
    ['that never expires', () => sign({ ...claims, exp: undefined })],
    ['that is not good yet', () => sign({ ...claims, nbf: now + 600 })],
    ['for somebody else', () => sign({ ...claims, aud: 'other' })],
    ['for nobody', () => sign({ ...claims, aud: undefined })],
    ['of another issuer', () => sign({ ...claims, iss: 'https://evil.example.com' })],
    ['of no issuer', () => sign({ ...claims, iss: undefined })],
    ['of nobody', () => sign({ ...claims, sub: undefined })],
    ['of an empty name', () => sign({ ...claims, sub: '' })],
    ['of somebody who is no text', () => sign({ ...claims, sub: { name: 'alice' } })],
    ['without a role', () => sign({ ...claims, role: undefined })],
    ['with a role that there is not', () => sign({ ...claims, role: 'root' })],
    ['with a role of a prototype', () => sign({ ...claims, role: 'constructor' })],
    ['that is huge', () => sign({ ...claims, more: 'x'.repeat(10_000) })],
    ['that is cut', async () => (await sign()).slice(0, -5)],
    [
      'with other claims than were signed',
      async () => {
        const [header, , signature] = (await sign()).split('.');
        return `${header}.${forged({}, { ...claims, role: 'admin' }).split('.')[1]}.${signature}`;
      },
    ],
    ['that is none', () => 'nonsense'],
    ['of empty parts', () => '..'],
  ];
  it.each(refused)('%s is not taken', async (_, token) => {
    await expect(new JwtVerifier(base).find(await token())).rejects.toMatchObject({ name: 'TokenRefusedError' });
  });

  it('is checked by a secret, too', async () => {
    const verifier = new JwtVerifier({ issuer: base.issuer, audience: base.audience, secret });
    const key = new TextEncoder().encode(secret);
    await expect(verifier.find(await sign(claims, { key, alg: 'HS256' }))).resolves.toMatchObject({ id: 'jwt:alice' });
    await expect(
      verifier.find(await sign(claims, { key: new TextEncoder().encode(`${secret}!`), alg: 'HS256' })),
    ).rejects.toThrow('signature');
    await expect(verifier.find(await sign())).rejects.toMatchObject({ name: 'TokenRefusedError' });
  });
});

describe('with keys of a provider', () => {
  let asked = 0;
  let keys: object[] = [];
  const server = createServer((_, response) => {
    asked++;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  });
  let jwksUrl: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const old = generateKeyPairSync('rsa', { modulusLength: 2048 });
    keys = [
      { ...(await exportJWK(pair.publicKey)), kid: 'new', alg: 'RS256', use: 'sig' },
      { ...(await exportJWK(old.publicKey)), kid: 'old', alg: 'RS256', use: 'sig' },
    ];
  });
  afterAll(() => server.close());

  it('a token is checked by the key that it names, and keys are fetched once', async () => {
    const verifier = new JwtVerifier({ issuer: base.issuer, audience: base.audience, jwksUrl });
    for (let n = 0; n < 3; n++)
      await expect(verifier.find(await sign(claims, { kid: 'new' }))).resolves.toMatchObject({ id: 'jwt:alice' });
    expect(asked).toBe(1);
    for (const kid of [undefined, 'old', 'other', '../../etc/passwd', "' OR 1=1"]) {
      const token = await sign(claims, kid === undefined ? {} : { kid });
      await expect(verifier.find(token), kid ?? 'none').rejects.toMatchObject({ name: 'TokenRefusedError' });
    }
    expect(asked).toBe(1);
  });

  it('a provider that is away is not the fault of the token', async () => {
    const verifier = new JwtVerifier({ issuer: base.issuer, audience: base.audience, jwksUrl: 'http://127.0.0.1:1/' });
    await expect(verifier.find(await sign(claims, { kid: 'new' }))).rejects.toMatchObject({
      name: 'EngineUnavailableError',
    });
  });
});

describe('options', () => {
  const about = { issuer: 'i', audience: 'a' };
  const wrong: readonly (readonly [string, JwtOptions])[] = [
    ['auth.jwt.issuer', { issuer: '', audience: 'a', secret }],
    ['auth.jwt.audience', { issuer: 'i', audience: '', secret }],
    ['auth.jwt.jwksUrl', about],
    ['auth.jwt.jwksUrl', { ...about, secret, publicKey }],
    ['auth.jwt.jwksUrl', { ...about, jwksUrl: 'http://id.example.com/jwks' }],
    ['auth.jwt.jwksUrl', { ...about, jwksUrl: 'nonsense' }],
    ['auth.jwt.publicKey', { ...about, publicKey: 'nonsense' }],
    ['auth.jwt.secret', { ...about, secret: 'short' }],
    ['auth.jwt.algorithms', { ...about, publicKey, algorithms: ['RS256', 'HS256'] }],
    ['auth.jwt.algorithms', { ...about, publicKey, algorithms: ['none'] }],
    ['auth.jwt.algorithms', { ...about, secret, algorithms: ['RS256'] }],
    ['auth.jwt.algorithms', { ...about, secret, algorithms: [] }],
  ];
  it.each(wrong)('%s is refused when it is wrong', (path, options) => {
    expect(() => new JwtVerifier(options)).toThrow(expect.objectContaining({ name: 'ConfigurationError', path }));
  });
});
