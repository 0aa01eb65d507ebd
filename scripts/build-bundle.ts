/**
 * Bundles the agent loop of dist/ into dist/src/workflow/agent-bundle.js, so that whoever only declares agents bundles nothing. Its source map
 * names our files by their place in the package, and not by where it was built.
 */
import { writeFile } from 'node:fs/promises';
import { root } from './run.ts';

interface SourceMap {
  sources: string[];
}

const MAP = /^\/\/# sourceMappingURL=data:application\/json;charset=utf-8;base64,(.+)$/m;

function withoutPlaces(code: string): string {
  const [comment, encoded] = MAP.exec(code) ?? [];
  if (comment === undefined || encoded === undefined) throw new Error('The bundle has no source map.');
  const map = JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMap;
  map.sources = map.sources.map((source) => source.replace(root, 'perdure:/'));
  const replaced = Buffer.from(JSON.stringify(map)).toString('base64');
  return code.replace(comment, comment.replace(encoded, replaced));
}

const bundle = (await import(
  `${root}/dist/src/worker/bundle/build.js`
)) as typeof import('../src/worker/bundle/build.ts');
const { PREBUILT } = (await import(
  `${root}/dist/src/worker/bundle/prebuilt.js`
)) as typeof import('../src/worker/bundle/prebuilt.ts');
const { sdkPackage } = (await import(`${root}/dist/src/official.js`)) as typeof import('../src/official.ts');

const { code } = await bundle.buildBundle({});
await writeFile(PREBUILT.code, withoutPlaces(code));
await writeFile(PREBUILT.info, `${JSON.stringify({ sdk: sdkPackage.version })}\n`);
