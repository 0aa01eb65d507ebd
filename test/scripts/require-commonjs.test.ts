import { expect, it } from 'vitest';
import { rewriteImports } from '../../scripts/require-commonjs.ts';

const HEADER = "import { requireOfficial as __require } from '../official-require.js'; ";
const rewrite = (text: string): string => rewriteImports(text, '../official-require.js');

it.each([
  ["import proto from '@temporalio/proto';", 'const proto = __require("@temporalio/proto");'],
  [
    "import { Client, WorkflowClient as Workflows } from '@temporalio/client';",
    'const { Client, WorkflowClient: Workflows } = __require("@temporalio/client");',
  ],
  [
    "import grpc, { status } from '@grpc/grpc-js';",
    'const grpc = __require("@grpc/grpc-js"), { status } = __require("@grpc/grpc-js");',
  ],
  [
    "export { tsToMs, msToTs as toTs } from '@temporalio/common/lib/time.js';",
    'const { tsToMs: __0_0, msToTs: __0_1 } = __require("@temporalio/common/lib/time.js"); export { __0_0 as tsToMs, __0_1 as toTs };',
  ],
])('has compiled files require official packages: %s', (given, expected) => {
  expect(rewrite(given)).toBe(HEADER + expected);
});

it.each([
  "import { Worker } from 'node:worker_threads';",
  "import Long from 'long';",
  "import { Realm } from './realm.js';",
  "import '@temporalio/worker';",
  "import * as proto from '@temporalio/proto';",
  'const text = "import proto from \'@temporalio/proto\';";',
])('leaves everything else: %s', (given) => {
  expect(rewrite(given)).toBe(given);
});

it('keeps lines and the first one', () => {
  const given = "#!/usr/bin/env node\nimport {\n  a,\n  b,\n} from '@temporalio/common';\n// after\n";
  const lines = rewrite(given).split('\n');
  expect(lines).toHaveLength(given.split('\n').length);
  expect(lines[0]).toBe('#!/usr/bin/env node');
  expect(lines[5]).toBe('// after');
});
