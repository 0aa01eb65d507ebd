import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConfigurationError, EngineUnavailableError, QueryFailedError, RunEndedError, RunNotFoundError } from 'perdure';
import { describe, expect, it } from 'vitest';
import { TenantIds } from '../../src/http/auth/tenant.ts';
import { HttpProblem } from '../../src/http/problems/problem.ts';
import { problemResponse } from '../../src/http/problems/respond.ts';
import { MEANINGS } from '../../src/http/problems/table.ts';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** Errors that never reach whoever calls `perdure`: those of parts below or beside the client. */
const INTERNAL = new Set(['ActivationError', 'MachinesError', 'HttpProblem', 'TokenRefusedError']);

function errorClasses(): string[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files
    .filter((file) => !/^(cli|host|core\/(activations|decisions))\//.test(file))
    .flatMap((file) => [...readFileSync(`${src}/${file}`, 'utf8').matchAll(/^export class (\w+Error) extends/gm)])
    .map(([, name = '']) => name)
    .filter((name) => !INTERNAL.has(name));
}

const logged: { readonly fields: object; readonly message: string }[] = [];
const logger = {
  info: () => {},
  warn: () => {},
  error: (message: string, fields: object = {}) => void logged.push({ fields, message }),
};

async function problemOf(
  error: unknown,
  tenant?: string,
): Promise<{ response: Response; body: Record<string, unknown> }> {
  const ids = new TenantIds(tenant === undefined ? {} : { tenant });
  const response = problemResponse(error, { requestId: 'r1', ids, logger });
  return { response, body: (await response.json()) as Record<string, unknown> };
}

describe('problems', () => {
  it('are told of every error that leaves the package', () => {
    const classes = errorClasses();
    expect(classes.length).toBeGreaterThan(20);
    expect(classes.filter((name) => !Object.hasOwn(MEANINGS, name))).toEqual([]);
  });

  it('say what happened and what to do', async () => {
    const { response, body } = await problemOf(new RunNotFoundError('a/b'));
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(body).toEqual({
      type: 'urn:perdure:problem:run-not-found',
      title: 'There is no such run',
      status: 404,
      detail: expect.stringContaining("'a/b'"),
      code: 'RUN_NOT_FOUND',
      fix: 'Check the id.',
      instance: 'urn:perdure:request:r1',
    });
  });

  it('point at what is wrong', async () => {
    const { body } = await problemOf(new ConfigurationError('limits.steps', 'is odd.', { fix: 'Even it.' }));
    expect(body).toMatchObject({ status: 422, fix: 'Even it.', errors: [{ pointer: '/limits/steps' }] });
  });

  it('of the server’s own settings are none of the request', async () => {
    const { response, body } = await problemOf(new ConfigurationError('secret', 'is missing.', { fix: 'Set it.' }));
    expect([response.status, body['code']]).toEqual([503, 'CONFIGURATION']);
  });

  it('say when to try again', async () => {
    const { response } = await problemOf(new EngineUnavailableError('gone'));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('name runs as their tenant does', async () => {
    const { body } = await problemOf(new RunEndedError('acme~a/b'), 'acme');
    expect(body['detail']).toContain("'a/b'");
    expect(JSON.stringify(body)).not.toContain('acme');
  });

  it('that nobody expects tell nothing but an id, which is in the log', async () => {
    logged.length = 0;
    for (const error of [new Error('password=hunter2'), 'hunter2', undefined, { secret: 'hunter2' }]) {
      const { response, body } = await problemOf(error);
      expect(response.status).toBe(500);
      expect(JSON.stringify(body)).not.toMatch(/hunter2/);
      expect(body).toMatchObject({ code: 'INTERNAL', instance: 'urn:perdure:request:r1' });
    }
    expect(logged).toHaveLength(4);
    expect(logged[0]).toMatchObject({ fields: { requestId: 'r1', error: { message: 'password=hunter2' } } });
  });

  it('that are expected tell no secret', async () => {
    const { body } = await problemOf(
      new EngineUnavailableError('connect ECONNREFUSED redis://app:hunter22@redis:6379'),
    );
    expect(body['detail']).toBe('connect ECONNREFUSED redis://[redacted]@redis:6379');
    const { body: asked } = await problemOf(new QueryFailedError('run-1', 'state', 'no: password=hunter22'));
    expect(JSON.stringify(asked)).not.toContain('hunter22');
  });

  it('that are thrown as such keep their headers', async () => {
    const about = { status: 405, title: 'No', headers: { allow: 'GET' } };
    const { response, body } = await problemOf(new HttpProblem('METHOD', 'No.', about));
    expect([response.headers.get('allow'), body['code']]).toEqual(['GET', 'METHOD']);
  });
});
