/** Writes `llms.txt`, an index of the documentation for language models, from the tables of docs/README.md: `npm run llms`. */
import { readFile, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { root } from './run.ts';

const HEAD = `# Perdure

> Durable AI agents in TypeScript. Agents and tools are declared in Node; a run of an agent is a Temporal workflow, on a Temporal cluster, on Redis with BullMQ,
> or in the process on one SQLite file. The same code runs on all of them.

Install: \`npm install perdure @temporalio/client @temporalio/worker @temporalio/workflow @temporalio/activity @temporalio/common\`. Node 22.13 or newer.
Entry points: ENTRIES.
`;

/** The text of `llms.txt`. @param index docs/README.md. @param exports of package.json. */
export function llmsText(index: string, exports: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(exports).filter((name) => name !== './package.json');
  const entries = names.map((name) => `\`${name.replace(/^\./, 'perdure')}\``).join(', ');
  const lines = index.split('\n').flatMap((line) => {
    const section = /^## (.+)$/.exec(line)?.[1];
    if (section !== undefined) return ['', `## ${section}`, ''];
    const [, title, link, about] = /^\| \[(.+?)\]\((.+?)\)\s*\|\s*(.+?)\s*\|$/.exec(line) ?? [];
    return title === undefined || link === undefined ? [] : [`- [${title}](${posix.join('docs', link)}): ${about}`];
  });
  return `${HEAD.replace('ENTRIES', entries)}${lines.join('\n')}\n`;
}

if (import.meta.main) {
  const { exports } = JSON.parse(await readFile(`${root}/package.json`, 'utf8')) as { exports: object };
  const index = await readFile(`${root}/docs/README.md`, 'utf8');
  await writeFile(`${root}/llms.txt`, llmsText(index, { ...exports }));
}
