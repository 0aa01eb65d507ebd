import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { authFromEnv } from '../../../src/cli/serve/auth.ts';
import { ConfigurationError } from '../../../src/engine/index.ts';
import { createApi, createApiKey } from '../../../src/http/index.ts';
import { connect } from '../../../src/client/connect.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';

async function run(...args: string[]) {
  let [out, err] = ['', ''];
  const code = await runCli(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

describe('who may use the API that is served', () => {
  const { record } = createApiKey({ id: 'ops', role: 'operator' });
  const file = (text: string): string => {
    const path = join(temporaryDirectory(), 'keys.json');
    writeFileSync(path, text);
    return path;
  };

  it('is nobody in particular when nothing is said', async () => {
    expect(await authFromEnv(undefined, { PERDURE_API_KEYS: ' ' })).toBeUndefined();
  });

  it('is said by the environment, by a file that it names, or by a file of a flag, which comes first', async () => {
    const list = JSON.stringify([record]);
    const other = createApiKey({ id: 'other', role: 'viewer' }).record;
    const path = file(JSON.stringify(other));
    expect(await authFromEnv(undefined, { PERDURE_API_KEYS: list })).toEqual({ keys: [record] });
    expect(await authFromEnv(undefined, { PERDURE_API_KEYS: path })).toEqual({ keys: [other] });
    expect(await authFromEnv(path, { PERDURE_API_KEYS: list })).toEqual({ keys: [other] });
  });

  it('may be said by tokens', async () => {
    const env = {
      PERDURE_JWT_ISSUER: 'https://id.example.com',
      PERDURE_JWT_AUDIENCE: 'perdure',
      PERDURE_JWT_JWKS_URL: 'https://id.example.com/jwks',
      PERDURE_JWT_TENANT_CLAIM: 'org',
    };
    expect(await authFromEnv(undefined, env)).toEqual({
      jwt: {
        issuer: 'https://id.example.com',
        audience: 'perdure',
        jwksUrl: 'https://id.example.com/jwks',
        tenantClaim: 'org',
      },
    });
  });

  it('is refused when it is no JSON, without showing any of it', async () => {
    const refused = authFromEnv(undefined, { PERDURE_API_KEYS: '[{"hash": secret-thing' });
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.not.toThrow(/secret-thing/);
    await expect(authFromEnv('/nowhere/keys.json', {})).rejects.toThrow('--keys: /nowhere/keys.json cannot be read');
  });
});

describe('perdure key create', () => {
  it('gives a key that the API takes with what is kept of it', async () => {
    const { code, out } = await run('key', 'create', '--role', 'viewer', '--tenant', 'acme', '--json');
    expect(code).toBe(0);
    const { key, record } = JSON.parse(out) as ReturnType<typeof createApiKey>;
    expect(record).toMatchObject({ role: 'viewer', tenant: 'acme' });
    expect(JSON.stringify(record)).not.toContain(key);
    const perdure = await connect({ engine: { type: 'embedded', memory: true } });
    const api = createApi({ perdure, auth: { keys: [record] } });
    const ask = async (credential: string): Promise<number> => {
      const headers = { authorization: `Bearer ${credential}` };
      return (await api.fetch(new Request('http://localhost/api/agents', { headers }))).status;
    };
    expect([await ask(key), await ask(`${key}x`)]).toEqual([200, 401]);
    await api.close();
    await perdure.close();
  });

  it('prints nothing but the key where programs read it', async () => {
    const { out, err } = await run('key', 'create', '--role', 'admin', '--id', 'ops');
    expect(out).toMatch(/^perdure_ops_[\w-]{43}\n$/);
    expect(err).not.toContain(out.trim());
    expect(err).toContain('"id":"ops"');
  });

  it.each([
    [['--role', 'king'], 'Allowed choices are viewer, operator, admin.'],
    [['--role', 'viewer', '--id', 'Not An Id'], 'is no id.'],
    [['--role', 'viewer', '--tenant', 'a/b'], 'cannot name a tenant.'],
    [['--role', 'viewer', '--expires', 'soon'], 'is no time.'],
    [[], "required option '--role <name>' not specified"],
  ])('refuses %j', async (flags, message) => {
    const { code, err, out } = await run('key', 'create', ...flags);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(message)]);
  });
});
