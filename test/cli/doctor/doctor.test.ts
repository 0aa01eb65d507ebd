import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkEmbedded } from '../../../src/cli/doctor/checks/embedded.ts';
import { checkClock, checkNode } from '../../../src/cli/doctor/checks/node.ts';
import { checkPackages, checkSeams } from '../../../src/cli/doctor/checks/packages.ts';
import { checkProject } from '../../../src/cli/doctor/checks/project.ts';
import { checkAuth, checkPayloadKeys, checkSecret } from '../../../src/cli/doctor/checks/secrets.ts';
import { examine } from '../../../src/cli/doctor/examine.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { runCli } from '../../../src/cli/program.ts';
import { openEngine } from '../../../src/engines/index.ts';
import { createApiKey } from '../../../src/http/index.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';

const conditions = (findings: readonly Finding[]): string[] =>
  findings.map(({ area, condition }) => `${area}: ${condition}`);

/** Every finding that is not ok says what to do. */
function withFixes(findings: readonly Finding[]): readonly Finding[] {
  for (const { condition, fix } of findings) expect(condition === 'ok' || fix).toBeTruthy();
  return findings;
}

describe('Node', () => {
  it.each([
    ['22.12.0', 'broken'],
    ['22.13.0', 'warning'],
    ['22.18.0', 'ok'],
    ['23.5.0', 'warning'],
    ['24.9.0', 'ok'],
  ])('%s is %s', (version, condition) => {
    expect(withFixes(checkNode(version))).toMatchObject([{ condition }]);
  });

  it('has a clock that can be', () => {
    expect(checkClock()).toMatchObject([{ condition: 'ok' }]);
    expect(withFixes(checkClock(0))).toMatchObject([{ condition: 'broken' }]);
  });
});

describe('packages', () => {
  const install = (folder: string, name: string, version: string, dependencies = {}): void => {
    const place = join(folder, 'node_modules', name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version, dependencies }));
  };

  it('are one copy of one version here', async () => {
    expect(checkPackages()).toMatchObject([{ condition: 'ok', says: expect.stringContaining('1.24.') as string }]);
    expect(await checkSeams()).toMatchObject([{ condition: 'ok' }]);
  });

  it('are found when there are two copies, or two versions', () => {
    const folder = temporaryDirectory();
    install(folder, '@temporalio/worker', '1.24.1', { '@temporalio/common': '1.24.1' });
    const findings = withFixes(checkPackages(folder));
    expect(findings.map(({ condition }) => condition)).not.toContain('ok');
    const says = findings.map((finding) => finding.says).join('\n');
    expect(says).toContain('@temporalio/worker is installed 2 times: 1.24.1 in ');
    expect(says).toContain('have several versions');
    expect(findings.map(({ fix }) => fix)).toContain('Run npm dedupe.');
  });

  it('are found when they do not share protobufjs', () => {
    const folder = temporaryDirectory();
    for (const name of ['common', 'proto']) {
      install(folder, `@temporalio/${name}`, '1.24.0', { protobufjs: '^8.7.1' });
      install(join(folder, `node_modules/@temporalio/${name}`), 'protobufjs', '8.8.1');
    }
    const says = withFixes(checkPackages(folder)).map((finding) => finding.says);
    expect(says.join('\n')).toContain('protobufjs is installed 3 times: 8.8.1 in ');
  });
});

describe('the embedded engine', () => {
  it('may be without a file as yet, but not without a place for it', async () => {
    const folder = temporaryDirectory();
    const path = join(folder, 'not', 'yet', 'a.db');
    expect(conditions(await checkEmbedded({ type: 'embedded', path }))).toEqual([
      'embedded engine: ok',
      expect.stringContaining('disk'),
    ]);
    writeFileSync(join(folder, 'file'), '');
    const below = await checkEmbedded({ type: 'embedded', path: folder });
    expect(withFixes(below)[0]).toMatchObject({ condition: 'broken', says: `${folder} is a directory.` });
  });

  it('has a file that is in use, or was', async () => {
    const path = join(temporaryDirectory(), 'a.db');
    const engine = await openEngine({ type: 'embedded', path });
    onTestFinished(async () => await engine.close());
    expect((await checkEmbedded({ type: 'embedded', path }))[0]).toMatchObject({ condition: 'ok' });
    await engine.close();
    const [after] = await checkEmbedded({ type: 'embedded', path });
    expect(after).toMatchObject({ condition: 'ok', says: expect.stringMatching(/a\.db, \d+\.\d MB$/) as string });
  });

  it('has a file that is none', async () => {
    const path = join(temporaryDirectory(), 'a.db');
    writeFileSync(path, 'no database at all '.repeat(100));
    const [finding] = withFixes(await checkEmbedded({ type: 'embedded', path }));
    expect(finding).toMatchObject({ condition: 'broken', says: expect.stringContaining('cannot be read') as string });
  });
});

describe('secrets', () => {
  it('are missing, short, or not needed; never shown', () => {
    expect(withFixes(checkSecret(['temporal'], {}))).toMatchObject([{ condition: 'warning' }]);
    expect(checkSecret(['embedded'], {})).toMatchObject([{ condition: 'ok' }]);
    const short = withFixes(checkSecret(['temporal'], { PERDURE_SECRET: 'canary' }));
    expect(short).toMatchObject([{ condition: 'warning' }]);
    expect(JSON.stringify(short)).not.toContain('canary');
    expect(checkSecret(['temporal'], { PERDURE_SECRET: 'c'.repeat(32) })).toMatchObject([{ condition: 'ok' }]);
  });

  it('of the API are keys that can be, and are not over', async () => {
    const good = createApiKey({ id: 'good', role: 'viewer' }).record;
    const old = createApiKey({ id: 'old', role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' }).record;
    const found = await checkAuth({ PERDURE_API_KEYS: JSON.stringify([good, old]) });
    expect(withFixes(found)).toMatchObject([
      { says: '2 keys' },
      { condition: 'warning', says: 'the key old has expired.' },
    ]);
    const bad = JSON.stringify([{ ...good, role: 'king' }]);
    expect(withFixes(await checkAuth({ PERDURE_API_KEYS: bad }))).toMatchObject([{ condition: 'broken' }]);
    const jwt = { PERDURE_JWT_ISSUER: 'https://id.example.com' };
    expect(withFixes(await checkAuth(jwt))).toMatchObject([
      { condition: 'broken', says: expect.stringContaining('audience') as string },
    ]);
    expect(await checkAuth({})).toMatchObject([{ condition: 'ok' }]);
  });

  it('has keys for payloads that are keys, and shows none', () => {
    expect(checkPayloadKeys({})).toMatchObject([{ condition: 'ok' }]);
    const key = Buffer.alloc(32, 'canary').toString('base64');
    const [good] = checkPayloadKeys({
      PERDURE_PAYLOAD_KEYS: `new:${key},old:${Buffer.alloc(32, 1).toString('base64')}`,
    });
    expect(good).toMatchObject({ condition: 'ok', says: expect.stringMatching(/key new; .*: new, old$/) as string });
    const bad = withFixes(checkPayloadKeys({ PERDURE_PAYLOAD_KEYS: `new:${key}canary` }));
    expect(bad).toMatchObject([{ condition: 'broken' }]);
    expect(JSON.stringify([good, bad])).not.toContain(key.slice(0, 8));
  });
});

describe('a project', () => {
  const project = (text: string): string => {
    const file = join(temporaryDirectory(), 'worker.mjs');
    writeFileSync(file, text);
    return file;
  };

  it('names what models need, and no key', async () => {
    const file = project("export default { kind: 'agent', name: 'support', model: 'openai/gpt-5-mini' };");
    const without = withFixes(await checkProject(file, {}));
    expect(conditions(without)).toEqual(['project: ok', 'model: broken']);
    expect(without[1]?.fix).toContain('OPENAI_API_KEY');
    const found = await checkProject(file, { OPENAI_API_KEY: 'canary' });
    expect(conditions(found)).toEqual(['project: ok', 'model: ok']);
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  it('is broken when it cannot be loaded', async () => {
    expect(withFixes(await checkProject(project("throw new Error('oops');"), {}))).toMatchObject([
      { area: 'project', condition: 'broken', says: expect.stringContaining('oops') as string },
    ]);
  });
});

describe('perdure doctor', () => {
  async function run(...args: string[]) {
    let [out, err] = ['', ''];
    const code = await runCli(['doctor', ...args], {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
    });
    return { code, out, err };
  }

  it('ends with 0 when all is well', async () => {
    const path = join(temporaryDirectory(), 'a.db');
    const { code, out, err } = await run('--database', path);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^✓ Node {2,}\d+/);
    expect(out).toContain(path);
  });

  it('ends with 1 when something is broken, and gives programs everything', async () => {
    const path = temporaryDirectory();
    const { code, out, err } = await run('--database', path, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([
        expect.objectContaining({ area: 'embedded engine', condition: 'broken' }),
      ]) as unknown,
    });
    expect(JSON.parse(err)).toMatchObject({ error: { message: 'Something is broken.' } });
  });

  it('says that settings contradict each other, and goes on', async () => {
    const env = { PERDURE_ENGINE: 'redis' };
    const findings = withFixes(await examine({ flags: {}, isAll: false, file: undefined, env }));
    expect(findings.find(({ area }) => area === 'engine')).toMatchObject({ condition: 'broken' });
    expect(findings.at(0)?.area).toBe('Node');
    expect(findings.map(({ area }) => area)).toContain('secret');
  });

  it('finds no Temporal where none listens', async () => {
    vi.stubEnv('TEMPORAL_ADDRESS', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const findings = withFixes(
      await examine({ flags: { address: '127.0.0.1:1' }, isAll: false, file: undefined, env: {} }),
    );
    const temporal = findings.find(({ area }) => area === 'Temporal');
    expect(temporal).toMatchObject({ condition: 'broken', says: expect.stringContaining('127.0.0.1:1') as string });
    expect(temporal?.fix).toContain('temporal server start-dev');
  });
});
