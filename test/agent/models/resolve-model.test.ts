import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { modelName, resolveModel } from '../../../src/agent/models/resolve-model.ts';
import { scripted } from '../call-model/support.ts';

let folder: string;
const environment = { OPENAI_API_KEY: 'sk-x' };

/** A package as it may be installed in an application. */
async function install(name: string, manifest: object, source: string, file = 'index.js'): Promise<void> {
  const directory = join(folder, 'node_modules', '@ai-sdk', name);
  await mkdir(directory, { recursive: true });
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({ name: `@ai-sdk/${name}`, type: 'module', ...manifest }),
  );
  await writeFile(join(directory, file), source);
}

const provider = (exportName: string, version = 'v4'): string =>
  `export const ${exportName} = (modelId) => ({ specificationVersion: '${version}', provider: '${exportName}', modelId });`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perdure-models-'));
  await mkdir(join(folder, 'apps', 'web'), { recursive: true });
  const inside = { exports: { '.': { types: './x.d.ts', require: './x.cjs', import: { node: './index.js' } } } };
  await install('two-words', inside, provider('twoWords'));
  await install('amazon-bedrock', { main: 'main.js' }, provider('bedrock'), 'main.js');
  await install('old', { exports: './index.js' }, provider('old', 'v3'));
  await install('odd', { module: 'index.js' }, 'export const createOdd = () => {};');
  await install('empty', {}, 'export const empty = () => undefined;');
  await install('broken', {}, "import 'a-package-that-nobody-has';");
  await install('google', {}, provider('google'));
  await symlink(
    join(folder, 'node_modules', '@ai-sdk', 'two-words'),
    join(folder, 'node_modules', '@ai-sdk', 'linked'),
  );
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a model by its name', () => {
  it.each([
    ['two-words/a', { provider: 'twoWords', modelId: 'a' }],
    ['two-words/meta/llama-4:free', { provider: 'twoWords', modelId: 'meta/llama-4:free' }],
    ['two-words.chat/a', { provider: 'twoWords', modelId: 'a' }],
    ['amazon-bedrock/nova', { provider: 'bedrock', modelId: 'nova' }],
  ])('is made by the package that the application has: %s', async (spec, expected) => {
    await expect(resolveModel(spec, { from: join(folder, 'apps', 'web') })).resolves.toMatchObject(expected);
  });

  it('is made by a real provider', async () => {
    const model = await resolveModel('openai/gpt-5-mini', { environment });
    expect(modelName(model)).toBe('openai.responses/gpt-5-mini');
    // As it is recorded when it is given as an object.
    expect((await resolveModel(modelName(model), { environment })).modelId).toBe('gpt-5-mini');
  });

  it('is found from another folder: beside the main script, and beside this package', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'perdure-elsewhere-'));
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(elsewhere);
    const [, script] = process.argv;
    process.argv[1] = join(folder, 'apps', 'web', 'main.js');
    onTestFinished(async () => {
      cwd.mockRestore();
      process.argv[1] = script ?? '';
      await rm(elsewhere, { recursive: true });
    });
    expect(modelName(await resolveModel('two-words/a'))).toBe('twoWords/a');
    expect(modelName(await resolveModel('openai/gpt-5-mini', { environment }))).toBe('openai.responses/gpt-5-mini');
    await expect(resolveModel('nobody/a')).rejects.toThrow(
      `is not installed: there is no @ai-sdk/nobody in ${elsewhere}, ${join(folder, 'apps', 'web')}, `,
    );
  });

  it('is made by a provider of one’s own, before any other', async () => {
    const model = scripted();
    const providers = { openai: () => model, 'demo.local': () => model };
    await expect(resolveModel('openai/x', { providers, environment: {} })).resolves.toBe(model);
    await expect(resolveModel('demo.local/x', { providers })).resolves.toBe(model);
    await expect(resolveModel('toString/x', { providers, from: folder })).rejects.toThrow('is not installed');
  });

  it('is the object itself when it is one', async () => {
    const model = scripted();
    await expect(resolveModel(model)).resolves.toBe(model);
  });

  it.each([
    ['mistral/large', 'npm install @ai-sdk/mistral'],
    ['gpt-5', 'Write provider/model'],
    ['openai/', 'Write provider/model'],
    ['/gpt-5', 'Write provider/model'],
    ['../../evil/x', 'Write provider/model'],
    ['.._evil/x', 'Write provider/model'],
    ['a.._evil/x', 'is not installed'],
    ['__proto__/x', 'Write provider/model'],
    ['constructor/x', 'is not installed'],
    ['google/gemini', 'Set the environment variable GOOGLE_GENERATIVE_AI_API_KEY.'],
    ['old/a', 'speaks version v3 of the model interface. Update'],
    ['odd/a', 'exports no provider named odd'],
    ['empty/a', 'is no language model'],
    ['broken/a', "can't be loaded"],
  ])('says what to do when there is none: %s', async (spec, message) => {
    const failing = resolveModel(spec, { from: folder, environment: {} });
    await expect(failing).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining(message) });
  });

  it('names the providers that there are', async () => {
    await expect(resolveModel('dmeo/x', { from: folder, providers: { demo: () => scripted() } })).rejects.toThrow(
      '(there are: demo)',
    );
  });

  it('refuses an object of another version', async () => {
    const old = { specificationVersion: 'v2', provider: 'a', modelId: 'b' } as unknown as LanguageModelV4;
    await expect(resolveModel(old)).rejects.toThrow('a/b speaks version v2');
  });
});
