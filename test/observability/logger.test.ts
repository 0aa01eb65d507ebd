import { describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../src/engine/index.ts';
import { createLogger, type LoggerOptions } from '../../src/observability/index.ts';

function written(options: LoggerOptions = {}): {
  readonly lines: string[];
  readonly logger: ReturnType<typeof createLogger>;
} {
  const lines: string[] = [];
  return { lines, logger: createLogger({ format: 'json', ...options, write: (line) => void lines.push(line) }) };
}

describe('a logger', () => {
  it('writes one line of JSON, with its own fields, those of its parents, and those of the line', () => {
    const { lines, logger } = written({ fields: { service: 'shop' } });
    logger.child({ run: 'support-1' }).warn('Slow', { attempt: 2 });
    expect(lines).toHaveLength(1);
    const { time, ...line } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(line).toEqual({ level: 'warn', service: 'shop', run: 'support-1', attempt: 2, message: 'Slow' });
    expect(new Date(String(time)).getTime()).not.toBeNaN();
  });

  it('tells no more than its level, which may come from the environment', () => {
    vi.stubEnv('PERDURE_LOG_LEVEL', 'WARN');
    const { lines, logger } = written();
    logger.info('not this');
    logger.error('but this');
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['but this']);
    vi.stubEnv('PERDURE_LOG_LEVEL', 'loud');
    expect(() => written()).toThrow(ConfigurationError);
    vi.unstubAllEnvs();
  });

  it('writes no secret, in text, fields or errors', () => {
    const { lines, logger } = written();
    logger.info('Bearer abcdef', {
      password: 'hunter22',
      error: new Error('token=abcdef1', { cause: 'secret=hunter22' }),
    });
    expect(lines.join('')).not.toMatch(/abcdef|hunter22/);
  });

  it('is read by people, too: where a line comes from first, the stack below', () => {
    const { lines, logger } = written({ format: 'text' });
    logger.info('Order found', { order: 'one thousand', tool: 'look_up', run: 'support-1', error: new Error('but') });
    const [first, ...others] = lines.join('').split('\n');
    expect(first).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} .*INFO.* Order found .*run=support-1 tool=look_up order="one thousand"/,
    );
    expect(others[0]).toBe('    Error: but');
  });
});
