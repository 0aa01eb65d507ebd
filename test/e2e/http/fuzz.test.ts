import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { KEYS, useHttpWorld } from './world.ts';

const { PERDURE_TEST_SCHEMATHESIS: program, FUZZ_EXAMPLES = '10', FUZZ_REPORT, FUZZ_SEED = '1' } = process.env;

/** Values that are found by no chance, so that requests come further than to a 404. */
const CONFIG = `
[auth.openapi.bearer]
bearer = "${KEYS.admin.key}"

[parameters]
"path.id" = "ended"
"path.agent" = "echo"
`;

const BODIES_THAT_FIT_MAY_BE_REFUSED = 'positive_data_acceptance';

describe.skipIf(program === undefined)('the API, asked whatever its document allows and more', () => {
  const world = useHttpWorld(
    { type: 'embedded', memory: true },
    { limits: { requestsPerMinute: 1_000_000, failedLoginsPerMinute: 1_000_000, answerTimeout: 2000 } },
  );

  it('answers as the document says', { timeout: 1_200_000 }, async () => {
    const { perdure, server } = world();
    const ended = await perdure.start('boss', { id: 'ended', input: 'Hi' });
    await perdure.start('asker', { id: 'waiting', input: 'Hi' });
    for await (const event of ended.events()) if (event.type === 'input_requested') await ended.reply('42');
    const folder = await mkdtemp(join(tmpdir(), 'perdure-fuzz-'));
    try {
      await writeFile(join(folder, 'schemathesis.toml'), CONFIG);
      const report = FUZZ_REPORT ?? join(folder, 'report.json');
      const { code, output } = await exec(
        program ?? '',
        [
          'run',
          `${server.url}/openapi.json`,
          '--checks',
          'all',
          '--exclude-checks',
          BODIES_THAT_FIT_MAY_BE_REFUSED,
          '--phases',
          'examples,coverage,fuzzing,stateful',
          '--max-examples',
          FUZZ_EXAMPLES,
          '--seed',
          FUZZ_SEED,
          '--request-timeout',
          '30',
          '--workers',
          '2',
          '--continue-on-failure',
          '--no-color',
          '--report',
          'json',
          '--report-json-path',
          report,
        ],
        folder,
      );
      if (code !== 0) throw new Error(output);
      expect(JSON.parse(await readFile(report, 'utf8'))).toBeTypeOf('object');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function exec(command: string, args: string[], cwd: string): Promise<{ code: number; output: string }> {
  const options = { cwd, maxBuffer: 1e8, env: { ...process.env, HYPOTHESIS_STORAGE_DIRECTORY: cwd } };
  try {
    const { stdout } = await promisify(execFile)(command, args, options);
    return { code: 0, output: stdout };
  } catch (error) {
    const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: number };
    return { code: code ?? 1, output: stdout + stderr };
  }
}
