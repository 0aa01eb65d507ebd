import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const docs = readdirSync(join(root, 'docs'), { encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
const top = readdirSync(root, { encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
const pages = [...top, ...docs.map((name) => `docs/${name}`), 'testing/README.md', 'examples/README.md'];
const texts = new Map(pages.map((page) => [page, readFileSync(join(root, page), 'utf8')]));

/** Without code: what looks like a link there is none. */
function prose(page: string): string {
  return (texts.get(page) ?? '').replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** What GitHub calls the headings of a page in links. */
function anchors(page: string): Set<string> {
  const headings = [...(texts.get(page) ?? '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe.each(pages)('%s', (page) => {
  it('has no link that leads nowhere', () => {
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^(https?|mailto):/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : relative(root, resolve(root, dirname(page), path));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && texts.has(target) && !anchors(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...(texts.get(page) ?? '').matchAll(/^\s*npm run (?:-s |--silent )?([\w:-]+)/gm)].map(
      ([, name = '']) => name,
    );
    // Scripts of the project that `perdure init` writes.
    const theirs = ['dev', 'start', 'serve'];
    expect(named.filter((name) => !(name in scripts) && !theirs.includes(name))).toEqual([]);
  });
});

it('leads to every page from the index', () => {
  const index = texts.get('docs/README.md') ?? '';
  expect(docs.filter((name) => name !== 'README.md' && !index.includes(`(${name})`))).toEqual([]);
});
