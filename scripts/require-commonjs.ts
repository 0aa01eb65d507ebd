/**
 * Has compiled files `require` the official packages instead of importing them. To import a CommonJS package, Node first reads all files that it
 * re-exports and searches their text for names; for these packages that took longer than to load them.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';

const PACKAGES = /^@(temporalio|grpc)\//;
/** What is bundled with workflow code, where there is no `require`. */
const BUNDLED = /^(workflow\/|codec\/failure-converter\.js$)/;
/** What loads them, in the folder of the compiled sources: it leaves out what is not needed. */
const LOADER = 'official-require.js';

/** Rewrites all files of a folder that `src/` was compiled to. */
export async function requireCommonJs(folder: string): Promise<void> {
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith('.js') || BUNDLED.test(file.replaceAll('\\', '/'))) continue;
    const path = join(folder, file);
    const text = await readFile(path, 'utf8');
    const rewritten = rewriteImports(text, `${'../'.repeat(file.split(/[/\\]/).length - 1) || './'}${LOADER}`);
    if (rewritten !== text) await writeFile(path, rewritten);
  }
}

/** One file, which finds what loads official packages at `loader`; lines keep their numbers, for source maps. */
export function rewriteImports(text: string, loader: string): string {
  const source = ts.createSourceFile('file.js', text, ts.ScriptTarget.Latest);
  let result = text;
  for (const [index, statement] of [...source.statements.entries()].toReversed()) {
    const replacement = rewriteStatement(statement, index);
    if (replacement === undefined) continue;
    const start = statement.getStart(source);
    const lines = text.slice(start, statement.end).split('\n').length - 1;
    result = result.slice(0, start) + replacement + '\n'.repeat(lines) + result.slice(statement.end);
  }
  if (result === text) return text;
  const hashbang = /^#!.*\n/.exec(result)?.[0] ?? '';
  return `${hashbang}import { requireOfficial as __require } from '${loader}'; ${result.slice(hashbang.length)}`;
}

function rewriteStatement(statement: ts.Statement, index: number): string | undefined {
  const isImport = ts.isImportDeclaration(statement);
  if (!isImport && !ts.isExportDeclaration(statement)) return undefined;
  const { moduleSpecifier } = statement;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return undefined;
  if (!PACKAGES.test(moduleSpecifier.text)) return undefined;
  const required = `__require(${JSON.stringify(moduleSpecifier.text)})`;
  return isImport ? rewriteImport(statement, required) : rewriteExport(statement, required, index);
}

function rewriteImport({ importClause }: ts.ImportDeclaration, required: string): string | undefined {
  // What is imported as a namespace, or only loaded, stays as it is.
  if (importClause === undefined) return undefined;
  const { name, namedBindings } = importClause;
  if (namedBindings !== undefined && !ts.isNamedImports(namedBindings)) return undefined;
  const parts: string[] = [];
  if (name !== undefined) parts.push(`${name.text} = ${required}`);
  if (namedBindings !== undefined) {
    const names = namedBindings.elements.map(({ name: local, propertyName }) => pair(propertyName, local));
    parts.push(`{ ${names.join(', ')} } = ${required}`);
  }
  return `const ${parts.join(', ')};`;
}

function rewriteExport({ exportClause }: ts.ExportDeclaration, required: string, index: number): string | undefined {
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return undefined;
  const elements = exportClause.elements.map(({ name, propertyName }, place) => ({
    from: (propertyName ?? name).text,
    local: `__${index}_${place}`,
    to: name.text,
  }));
  const taken = elements.map(({ from, local }) => `${from}: ${local}`);
  const given = elements.map(({ local, to }) => `${local} as ${to}`);
  return `const { ${taken.join(', ')} } = ${required}; export { ${given.join(', ')} };`;
}

function pair(imported: ts.ModuleExportName | undefined, local: ts.Identifier): string {
  return imported === undefined ? local.text : `${imported.text}: ${local.text}`;
}
