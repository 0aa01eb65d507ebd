import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Finding, fine, trouble } from '../finding.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, unknown>>;
}

/** A package as it is installed. */
interface Copy {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

const OURS = createRequire(import.meta.url).resolve('perdure/package.json');
const SCOPE = '@temporalio/';
/** What the official packages give each other: of these, too, there must be one copy. */
const isShared = (name: string): boolean => name.startsWith(SCOPE) || name === 'protobufjs';

/** Whether the official packages are there, in one version and one copy each. @param folder of the application. */
export function checkPackages(folder: string = process.cwd()): readonly Finding[] {
  const { peerDependencies = {}, peerDependenciesMeta = {} } = readManifest(OURS);
  const needed = Object.keys(peerDependencies).filter((name) => isShared(name) && !(name in peerDependenciesMeta));
  const copies = new Map<string, Map<string, Copy>>();
  for (const from of [join(folder, 'package.json'), OURS]) for (const name of needed) collect(name, from, copies);
  const missing = needed.filter((name) => !copies.has(name));
  const problems = [
    ...missing.map((name) => problem(`${name} is not installed.`, `Run npm install ${name}@${peerDependencies[name]}`)),
    ...[...copies.values()].filter((each) => each.size > 1).map((each) => twice([...each.values()])),
    ...mixed(
      [...copies.values()]
        .flatMap((each) => [...each.values()])
        .filter(({ name }) => name.startsWith(SCOPE) && needed.includes(name)),
    ),
  ];
  const [first] = [...(copies.get(`${SCOPE}worker`)?.values() ?? [])];
  return problems.length > 0 ? problems : [fine('packages', `@temporalio/* ${first?.version}, one copy each`)];
}

/** Whether the official worker has what our engines put in its place. */
export async function checkSeams(): Promise<readonly Finding[]> {
  try {
    const { register } = await import('../../../registration.ts');
    register();
    return [fine('official worker', 'takes the engines of this package')];
  } catch (error) {
    return [trouble('official worker', error)];
  }
}

/** A package as this file would get it, and the shared packages that it gets itself. */
function collect(name: string, from: string, copies: Map<string, Map<string, Copy>>): void {
  const manifest = find(name, from);
  if (manifest === undefined) return;
  const folder = dirname(manifest);
  const known = copies.get(name) ?? new Map<string, Copy>();
  copies.set(name, known);
  if (known.has(folder)) return;
  const { version, dependencies = {} } = readManifest(manifest);
  known.set(folder, { name, version, folder });
  for (const each of Object.keys(dependencies)) if (isShared(each)) collect(each, manifest, copies);
}

function find(name: string, from: string): string | undefined {
  try {
    return realpathSync(createRequire(from).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

function twice(copies: readonly Copy[]): Finding {
  const [{ name } = { name: '' }] = copies;
  const places = copies.map(({ version, folder }) => `${version} in ${folder}`).join(', ');
  return problem(`${name} is installed ${copies.length} times: ${places}.`, 'Run npm dedupe.');
}

function mixed(copies: readonly Copy[]): readonly Finding[] {
  const versions = new Set(copies.map(({ version }) => version));
  if (versions.size < 2) return [];
  const all = [...new Set(copies.map(({ name, version }) => `${name} ${version}`))].join(', ');
  return [problem(`the official packages have several versions: ${all}.`, 'Install all of them in one version.')];
}

function problem(says: string, fix: string): Finding {
  return { area: 'packages', condition: 'broken', says, fix };
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}
