/**
 * Bundles the agent loop of dist/ into dist/src/workflow/agent-bundle.js, so that whoever only declares agents bundles nothing. Its source map
 * names our files by their place in the package, and not by where it was built.
 */
import { writeFile } from 'node:fs/promises';
import type * as Official from '../src/official.ts';
import type * as Build from '../src/worker/bundle/build.ts';
import type * as Prebuilt from '../src/worker/bundle/prebuilt.ts';
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

const compiled = async <Module>(path: string): Promise<Module> =>
  (await import(`${root}/dist/src/${path}.js`)) as Module;
const { buildBundle } = await compiled<typeof Build>('worker/bundle/build');
const { PREBUILT } = await compiled<typeof Prebuilt>('worker/bundle/prebuilt');
const { sdkPackage } = await compiled<typeof Official>('official');

const { code } = await buildBundle({});
await writeFile(PREBUILT.code, withoutPlaces(code));
await writeFile(PREBUILT.info, `${JSON.stringify({ sdk: sdkPackage.version })}\n`);
