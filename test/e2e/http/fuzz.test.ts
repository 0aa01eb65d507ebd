import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openWorkflowData } from 'perdure/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEYS, useHttpWorld } from './world.ts';

const { PERDURE_TEST_SCHEMATHESIS: program, FUZZ_EXAMPLES = '2', FUZZ_REPORT, FUZZ_SEED = '1' } = process.env;

const AUTH = `[auth.openapi.bearer]\nbearer = "${KEYS.admin.key}"\n`;

/** What is asked; what fits the document may be refused all the same: by the state of a run, or by an agent's own schema. */
const PASSES = [
  { title: 'with whatever fits and whatever does not', config: AUTH, without: 'positive_data_acceptance' },
  {
    // Values that are found by no chance, so that requests come further than to a 404. They fit, which one of the checks does not know.
    title: 'of a run and an agent that there are',
    config: `${AUTH}\n[parameters]\n"path.id" = "ended"\n"path.agent" = "echo"\n`,
    without: 'positive_data_acceptance,negative_data_rejection',
  },
];

const data = program === undefined ? undefined : await openWorkflowData({ memory: true });
afterAll(() => data?.close());

describe.skipIf(program === undefined)('the API, asked by schemathesis', () => {
  const world = useHttpWorld(
    { type: 'embedded', memory: true },
    {
      limits: { requestsPerMinute: 1_000_000, failedLoginsPerMinute: 1_000_000, answerTimeout: 2000 },
      ...(data === undefined ? {} : { data }),
    },
  );
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perdure-fuzz-'));
    const ended = await world().perdure.start('boss', { id: 'ended', input: 'Hi' });
    for await (const event of ended.events()) if (event.type === 'input_requested') await ended.reply('42');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(PASSES)('answers as its document says $title', { timeout: 1_800_000 }, async ({ config, without }) => {
    await writeFile(join(folder, 'schemathesis.toml'), config);
    const options = {
      '--checks': 'all',
      '--exclude-checks': without,
      '--phases': 'examples,coverage,fuzzing,stateful',
      '--max-examples': FUZZ_EXAMPLES,
      '--seed': FUZZ_SEED,
      '--request-timeout': '30',
      '--warnings': 'off',
    };
    const args = ['run', `${world().server.url}/openapi.json`, '--continue-on-failure', '--no-color'];
    const { code, output } = await exec(program ?? '', [...args, ...Object.entries(options).flat()], folder);
    if (FUZZ_REPORT !== undefined) await appendFile(FUZZ_REPORT, output);
    if (code !== 0) throw new Error(output);
    expect(output).toMatch(/\d+ generated/);
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
