/**
 * Type-checks every TypeScript snippet of the documentation against the sources: `npm run check -- snippets`.
 *
 * A block that begins with `// name.ts` is that file, so that other blocks of the same page can import it. What a reader does not need to see (imports,
 * what belongs to the reader's own program) stands in a comment before the block, `<!-- given: declare const orders: Orders; -->`, and whole files in
 * comments with their names, `<!-- given shop.ts: export interface Orders {} -->`.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root, run } from './run.ts';

const OUT = join(root, '.snippets');
const BLOCK = /(?:<!-- given:\s*([\s\S]*?)-->\s*)?^```(?:ts|typescript)\n([\s\S]*?)^```$/gm;
const FILE = /<!-- given ([\w./-]+\.ts):\s*([\s\S]*?)-->/g;
const NAME = /^\/\/ ([\w./-]+\.ts)\b/;

/** One block of a page, as a file. */
interface Snippet {
  readonly file: string;
  readonly text: string;
}

/** All pages with snippets, from the root of the repository. */
async function pages(): Promise<string[]> {
  const docs = (await readdir(join(root, 'docs'), { recursive: true })).map((name) => join('docs', name));
  const others = ['README.md', 'ARCHITECTURE.md', 'testing/README.md', 'examples/README.md'];
  return [...others, ...docs.filter((name) => name.endsWith('.md') && !name.startsWith(join('docs', 'api')))];
}

/** The blocks of a page. A page may show several stages of one file: later ones get a number. */
function snippetsOf(page: string, markdown: string): Snippet[] {
  const folder = page.replaceAll(/[/\\]/g, '-').replace(/\.md$/, '');
  const taken = new Set<string>();
  const given = [...markdown.matchAll(FILE)].map(([, name = '', text = '']) => ({ file: join(folder, name), text }));
  const blocks = [...markdown.matchAll(BLOCK)].map(([whole, before = '', code = ''], index) => {
    const line = markdown.slice(0, markdown.indexOf(whole)).split('\n').length;
    const named = NAME.exec(code)?.[1] ?? `snippet-${index + 1}.ts`;
    const name = taken.has(named) ? `${index + 1}-${named}` : named;
    taken.add(named);
    const text = `// ${page}, about line ${line}\n${before.trim()}\n${code}\nexport {};\n`;
    return { file: join(folder, name), text };
  });
  return [...given, ...blocks];
}

const tsconfig = {
  extends: '../tsconfig.test.json',
  include: [],
};

await rm(OUT, { recursive: true, force: true });
const files: string[] = [];
for (const page of await pages()) {
  for (const { file, text } of snippetsOf(page, await readFile(join(root, page), 'utf8'))) {
    await mkdir(dirname(join(OUT, file)), { recursive: true });
    await writeFile(join(OUT, file), text);
    files.push(file);
  }
}
await writeFile(join(OUT, 'tsconfig.json'), JSON.stringify({ ...tsconfig, files }));
const { code, output } = await run('node', ['node_modules/typescript7/bin/tsc', '--noEmit', '-p', OUT]);
console.log(`${output}${files.length} snippets`);
process.exitCode = code;
