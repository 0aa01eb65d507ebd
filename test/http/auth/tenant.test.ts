import { describe, expect, it } from 'vitest';
import { TenantIds } from '../../../src/http/auth/tenant.ts';

describe('ids of a tenant', () => {
  const ids = new TenantIds({ tenant: 'a.b' });

  it('begin with its name on the engine, and only there', () => {
    expect(ids.toEngine('x/y~z')).toBe('a.b~x/y~z');
    expect(ids.fromEngine('a.b~x/y~z')).toBe('x/y~z');
    expect(ids.fromEngine('other~x')).toBe('other~x');
    expect(ids.toEngine('a.b~x')).toBe('a.b~a.b~x');
    expect(ids.fromEngine('a.b~a.b~x')).toBe('a.b~x');
  });

  it('stand in texts without it', () => {
    expect(ids.inText("The run 'a.b~x' of a.b~y has ended.")).toBe("The run 'x' of y has ended.");
    expect(ids.inText('a.b~data.b~1 a.b~')).toBe('data.b~1 a.b~');
    expect(ids.inText('see za.b~x, aXb~x and z-a.b~x')).toBe('see za.b~x, aXb~x and z-a.b~x');
  });

  it('stand in values of ours without it; what was said stays as it is', () => {
    const said = { id: 'a.b~1', message: "'a.b~1'" };
    const step = { id: '1.2.0', workflowId: 'a.b~r/s1.1.x', input: said, output: said, error: { message: "'a.b~r'" } };
    expect(ids.inValue({ steps: [step], startedAt: new Date(0) })).toEqual({
      steps: [{ ...step, workflowId: 'r/s1.1.x', error: { message: "'r'" } }],
      startedAt: new Date(0),
    });
  });

  it('are all ids without a tenant', () => {
    const all = new TenantIds({});
    expect(all.toEngine('a.b~x')).toBe('a.b~x');
    expect(all.fromEngine('a.b~x')).toBe('a.b~x');
    expect(all.inText('a.b~x')).toBe('a.b~x');
  });
});
