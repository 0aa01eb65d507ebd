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
      keys: grpc.hasOwnProperty('Server') && 'Server' in grpc && Object.keys(grpc).includes('credentials'),
    }));
  `);
  expect(said).toEqual({ early: true, client: true, whole: true, keys: true });
});

// As packages that instrument others do: OpenTelemetry wraps what gRPC exports so. Some know what they have seen by its module, others by its file.
it.each(['module', 'file'])('lets others wrap what a package exports as it is loaded, known by its %s', (by) => {
  const said = inProcess(`
    const { Module } = process.getBuiltinModule('node:module');
    const { require: original } = Module.prototype;
    const seen = new Map();
    const keyOf = (file) => (${JSON.stringify(by)} === 'file' ? file : require.cache[file] ?? file);
    let wrapped = 0;
    Module.prototype.require = function (name) {
      const file = Module._resolveFilename(name, this);
      if (seen.has(keyOf(file))) return seen.get(keyOf(file));
      const exports = original.call(this, name);
      if (!file.includes('/@grpc/grpc-js/build/src/index.js')) return exports;
      seen.set(keyOf(file), exports);
      const { makeGenericClientConstructor: make } = exports;
      const value = (...about) => (wrapped++, make(...about));
      Object.defineProperty(exports, 'makeGenericClientConstructor', { value });
      seen.set(keyOf(file), exports);
      return exports;
    };
    const { Connection } = requireOfficial('@temporalio/client');
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    await connection.close();
    const grpc = require('@grpc/grpc-js');
    console.log(JSON.stringify({ wrapped: wrapped > 0, client: connection.client instanceof grpc.Client, server: typeof grpc.Server }));
  `);
  expect(said).toEqual({ wrapped: true, client: true, server: 'function' });
});
