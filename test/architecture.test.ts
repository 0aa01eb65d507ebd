import { readFileSync, readdirSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const { entryPoints } = JSON.parse(read('typedoc.json')) as { entryPoints: readonly string[] };
const entries = Object.entries(manifest.exports).filter(([name]) => name !== './package.json');

/** The source file of a compiled one. */
const sourceOf = (target: string): string => target.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts');

describe('entry points', () => {
  it.each(entries)('%s has types and code of one source file that exists', (_, target) => {
    if (typeof target === 'string') throw new TypeError(`${target} is not { types, default }`);
    expect(Object.keys(target)).toEqual(['types', 'default']);
    expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'));
    expect(existsSync(`${root}${sourceOf(target.default)}`)).toBe(true);
  });

  it('are all documented', () => {
    const sources = entries.map(([, target]) => sourceOf(typeof target === 'string' ? target : target.default));
    expect(entryPoints.toSorted()).toEqual(sources.toSorted());
  });
});

describe('official packages', () => {
  it('are tested at a version that users may install', () => {
    const official = Object.entries(manifest.peerDependencies).filter(([name]) => name.startsWith('@temporalio/'));
    expect(official).not.toEqual([]);
    for (const [name, range] of official) {
      expect(range, name).toMatch(/^~\d+\.\d+\.0$/);
      const [minor] = /\d+\.\d+\./.exec(range) ?? [];
      expect(manifest.devDependencies[name], name).toMatch(new RegExp(`^${minor?.replaceAll('.', '\\.')}\\d+$`));
    }
  });

  it('get one copy of protobufjs, which npm would else put beside each of them: its types are not those of another copy', () => {
    const range = manifest.peerDependencies['protobufjs'];
    for (const name of ['common', 'proto', 'worker']) {
      const { dependencies } = JSON.parse(read(`node_modules/@temporalio/${name}/package.json`)) as {
        readonly dependencies: Readonly<Record<string, string>>;
      };
      expect(dependencies['protobufjs'], name).toBe(range);
    }
  });
});

describe('source files', () => {
  const files = ['src', 'testing'].flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );

  it('have at most 400 lines', () => {
    const long = files.filter((file) => read(file).split('\n').length > 401);
    expect(long).toEqual([]);
  });

  it('are named in kebab case', () => {
    const odd = files.filter((file) => !/^[a-z0-9/-]+(\.d)?\.ts$/.test(file));
    expect(odd).toEqual([]);
  });
});
