/**
 * Everything that must hold before a change is merged, except the tests: `npm run check`, or `npm run check -- lint types` for some.
 * Steps run side by side, two at a time; a failed one prints its whole output.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { root, run, secondsSince } from './run.ts';
import type { Finished } from './run.ts';

const packed = `${root}/.cache/pack`;

/** Packs what `npm publish` would upload and returns the tarball's path. */
async function pack(): Promise<Finished> {
  await rm(packed, { recursive: true, force: true });
  await mkdir(packed, { recursive: true });
  return run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', packed]);
}

async function tarball(): Promise<string> {
  const name = (await readdir(packed)).find((file) => file.endsWith('.tgz'));
  return `${packed}/${name ?? 'missing.tgz'}`;
}

interface Step {
  readonly name: string;
  /** Steps that must have passed first. */
  readonly after?: readonly string[];
  readonly run: () => Promise<Finished>;
}

const tsc7 = 'node_modules/typescript7/bin/tsc';

// The longest chain (build, pack, package) first, so that the rest fills the gaps.
const steps: readonly Step[] = [
  { name: 'build', run: () => run('node', ['scripts/build.ts']) },
  { name: 'docs', run: () => run('typedoc', ['--emit', 'none']) },
  { name: 'pack', after: ['build'], run: pack },
  { name: 'types', run: () => run('node', [tsc7, '--noEmit', '-p', 'tsconfig.json']) },
  { name: 'types-of-tests', run: () => run('node', [tsc7, '-p', 'tsconfig.test.json']) },
  { name: 'snippets', run: () => run('node', ['scripts/snippets.ts']) },
  { name: 'lint', after: ['build'], run: () => run('oxlint', ['--type-aware', '--deny-warnings']) },
  { name: 'format', run: () => run('oxfmt', ['--check', '.']) },
  { name: 'boundaries', after: ['build'], run: () => run('depcruise', ['src', 'testing', 'test', 'scripts']) },
  { name: 'dead-code', run: () => run('knip', ['--no-progress']) },
  { name: 'type-tests', run: () => run('vitest', ['run', '--project', 'types', '--typecheck.only']) },
  { name: 'publint', after: ['pack'], run: async () => run('publint', [await tarball(), '--strict']) },
  { name: 'attw', after: ['pack'], run: async () => run('attw', [await tarball(), '--profile', 'esm-only']) },
  { name: 'imports', after: ['pack'], run: async () => run('node', ['scripts/import-package.ts', await tarball()]) },
];

/** The asked steps and everything that they come after. */
function choose(names: readonly string[]): readonly Step[] {
  const unknown = names.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0)
    throw new Error(`No step ${unknown.join(', ')}. There are: ${steps.map((s) => s.name).join(', ')}`);
  const wanted = new Set(names.length > 0 ? names : steps.map((step) => step.name));
  for (const step of steps.toReversed()) if (wanted.has(step.name)) step.after?.forEach((name) => wanted.add(name));
  return steps.filter((step) => wanted.has(step.name));
}

const results = new Map<string, Promise<boolean>>();
const waiting: (() => void)[] = [];
let free = 2;

async function slot<T>(work: () => Promise<T>): Promise<T> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

async function perform(step: Step): Promise<boolean> {
  const before = await Promise.all((step.after ?? []).map((name) => results.get(name) ?? Promise.resolve(true)));
  if (before.includes(false)) {
    console.log(`skip  ${step.name} (needs ${step.after?.join(', ')})`);
    return false;
  }
  return slot(async () => {
    const started = performance.now();
    const { code, output } = await step.run();
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${step.name} (${secondsSince(started)})`);
    if (code !== 0) console.log(`${output.trimEnd()}\n`);
    return code === 0;
  });
}

const started = performance.now();
const chosen = choose(process.argv.slice(2));
for (const step of chosen) results.set(step.name, perform(step));
const passed = await Promise.all(results.values());
const failed = chosen.filter((_, index) => !passed[index]).map((step) => step.name);
console.log(
  failed.length === 0
    ? `check passed (${secondsSince(started)})`
    : `check FAILED: ${failed.join(', ')} (${secondsSince(started)})`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
