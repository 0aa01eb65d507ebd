import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const loader = new URL('../src/official-require.ts', import.meta.url).href;

/** In a process of its own, where no official package is loaded yet. @returns what the code prints, as JSON. */
function inProcess(code: string): unknown {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `
      import { createRequire } from 'node:module';
      import { requireOfficial } from ${JSON.stringify(loader)};
      const require = createRequire(${JSON.stringify(fileURLToPath(import.meta.url))});
      const loaded = (name) => Object.keys(require.cache).some((file) => file.includes('/node_modules/' + name + '/'));
      ${code}`,
    ],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout) as unknown;
}

it('loads official packages without what bundles and what speaks gRPC, until that is used', () => {
  const said = inProcess(`
    const { Worker } = requireOfficial('@temporalio/worker');
    const grpc = Object.keys(require.cache).filter((file) => file.includes('/@grpc/grpc-js/')).length;
    console.log(JSON.stringify({ worker: typeof Worker.create, memfs: loaded('memfs'), unionfs: loaded('unionfs'), few: grpc < 10 }));
  `);
  expect(said).toEqual({ worker: 'function', memfs: false, unionfs: false, few: true });
});

it('leaves nothing in the cache of modules that is not what its file has', () => {
  const said = inProcess(`
    requireOfficial('@temporalio/worker');
    const grpc = require('@grpc/grpc-js');
    const same = requireOfficial('@grpc/grpc-js') === grpc;
    const rxjs = createRequire(require.resolve('@temporalio/worker'))('rxjs');
    console.log(JSON.stringify({ same, names: Object.keys(grpc).includes('Server'), rxjs: typeof rxjs.Observable }));
  `);
  expect(said).toEqual({ same: true, names: true, rxjs: 'function' });
});

it('gives the whole package when more of it is used', () => {
  const said = inProcess(`
    const { Connection } = requireOfficial('@temporalio/client');
    const grpc = requireOfficial('@grpc/grpc-js');
    const { Status } = require('@grpc/grpc-js/build/src/constants');
    const early = grpc.status === Status;
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    await connection.close();
    console.log(JSON.stringify({
      early,
      client: connection.client instanceof require('@grpc/grpc-js').Client,
      whole: grpc.Server === require('@grpc/grpc-js').Server,
      keys: 'Server' in grpc && Object.keys(grpc).includes('credentials'),
    }));
  `);
  expect(said).toEqual({ early: true, client: true, whole: true, keys: true });
});
