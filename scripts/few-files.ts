/**
 * Puts compiled files together: Node takes longer to find and open hundreds of small files than to run what is in them. All public entries,
 * commands and processes share their parts in `dist/lib/`, so that each class exists once; the files of the entries, where types are beside them,
 * pass these on. What workflow bundles are made of, and what is loaded there by its path, stays as it is.
 */
import { readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import ts from 'typescript';
import { root } from './run.ts';

/** Read by path from other files, or by a bundler: stay files of their own, with all that they import. */
const KEPT = ['src/workflow/', 'src/codec/failure-converter.js', 'testing/conformance/workflows/'];
/** Started by path in this process's threads. Each is one file with nothing beside it: all that a thread has to open. */
const THREADS = ['src/host/thread.js', 'src/engines/embedded/checkpoint-thread.js'];
/** Started by path as processes. */
const PROCESSES = ['src/cli/dev/work.js'];
const LIB = 'lib';

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  packages: 'external',
  sourcemap: true,
  sourcesContent: false,
  // What a file does when it is loaded stays, whatever package.json says to other bundlers.
  ignoreAnnotations: true,
  logLevel: 'warning',
} satisfies BuildOptions;

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

/** Does so in a folder that `src/` and `testing/` were compiled to. */
export async function fewFiles(folder: string): Promise<void> {
  // The bundler names files by their real places.
  const dist = await realpath(folder);
  const all = (await readdir(dist, { recursive: true })).map((file) => file.replaceAll('\\', '/'));
  const scripts = all.filter((file) => file.endsWith('.js'));
  const kept = await withImports(
    dist,
    scripts.filter((file) => KEPT.some((start) => file.startsWith(start))),
  );
  const { commands, modules } = await entryFiles();
  const entries = [...commands, ...modules].filter((file) => !kept.has(file));
  await build({
    ...common,
    entryPoints: Object.fromEntries(entries.map((file) => [nameOf(file), join(dist, file)])),
    outdir: join(dist, LIB),
    splitting: true,
    chunkNames: '[name]-[hash]',
    plugins: [places(dist, LIB, kept)],
  });
  for (const file of THREADS) {
    await build({
      ...common,
      entryPoints: [join(dist, file)],
      outfile: join(dist, file),
      allowOverwrite: true,
      plugins: [places(dist, dirname(file), kept)],
    });
  }
  const gone = scripts.filter((file) => !kept.has(file) && !THREADS.includes(file));
  for (const file of gone) {
    await rm(join(dist, file));
    await rm(join(dist, `${file}.map`), { force: true });
  }
  for (const file of entries) await passOn(dist, file, commands.includes(file));
}

async function entryFiles(): Promise<{ readonly commands: readonly string[]; readonly modules: readonly string[] }> {
  const { bin, exports } = JSON.parse(await readFile(`${root}/package.json`, 'utf8')) as Manifest;
  const targets = Object.values(exports).flatMap((target) => (typeof target === 'string' ? [] : [target.default]));
  const inside = (target: string): string => target.replace('./dist/', '');
  return { commands: Object.values(bin).map(inside), modules: [...targets.map(inside), ...PROCESSES] };
}

/** `src/engines/embedded/index.js` is `engines-embedded`. */
function nameOf(file: string): string {
  return file
    .replace(/^src\//, '')
    .replace(/(.)\/index\.js$|\.js$/, '$1')
    .replaceAll('/', '-');
}

/** These files and all of ours that they import. */
async function withImports(dist: string, files: readonly string[]): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
    ...common,
    entryPoints: files.map((file) => join(dist, file)),
    outdir: join(dist, LIB),
    write: false,
    metafile: true,
    absWorkingDir: dist,
  });
  return new Set(Object.keys(metafile.inputs));
}

/** What is kept is imported from where it is; and each file still knows the place that it had as its own, to find others from there. */
function places(dist: string, outFolder: string, kept: ReadonlySet<string>): Plugin {
  const from = (file: string): string => JSON.stringify(relativeTo(join(dist, outFolder), file));
  return {
    name: 'places',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, path);
        if (!kept.has(relative(dist, file).replaceAll('\\', '/'))) return undefined;
        return { path: relativeTo(join(dist, outFolder), file), external: true };
      });
      onLoad({ filter: /\.js$/, namespace: 'file' }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        return { contents: withPlace(text, `new URL(${from(path)}, import.meta.url).href`) };
      });
    },
  };
}

/** With another expression in place of `import.meta.url`, in code only. */
function withPlace(text: string, place: string): string {
  if (!text.includes('import.meta.url')) return text;
  const ends: number[] = [];
  const visit = (node: ts.Node): void => {
    const isUrl = ts.isPropertyAccessExpression(node) && ts.isMetaProperty(node.expression) && node.name.text === 'url';
    if (isUrl) ends.push(node.end);
    else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.js', text, ts.ScriptTarget.Latest));
  let result = text;
  for (const end of ends.toReversed())
    result = result.slice(0, end - 'import.meta.url'.length) + place + result.slice(end);
  return result;
}

function relativeTo(folder: string, file: string): string {
  const path = relative(folder, file).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** The file of an entry, where it has always been. */
async function passOn(dist: string, file: string, isCommand: boolean): Promise<void> {
  const lib = relativeTo(join(dist, dirname(file)), join(dist, LIB, `${nameOf(file)}.js`));
  await writeFile(join(dist, file), `${isCommand ? '#!/usr/bin/env node\n' : ''}export * from '${lib}';\n`);
}
