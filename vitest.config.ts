import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import ts from 'typescript';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, string | { default: string }>;
};

// Tests and examples import the package by its name, as users do, and get the sources.
const alias = Object.entries(exports).flatMap(([name, target]) => {
  if (typeof target === 'string') return [];
  const source = target.default.replace('./dist/', './').replace(/\.js$/, '.ts');
  return [
    { find: new RegExp(`^perdure${name.slice(1)}$`), replacement: fileURLToPath(new URL(source, import.meta.url)) },
  ];
});

/**
 * Compiles `file.ts?decorators=…` in the mode that it asks for: vitest's own compiler leaves standard decorators in the code, and Node has none.
 */
const decorators: Plugin = {
  name: 'decorators',
  enforce: 'pre',
  async transform(code, id) {
    const mode = /\?decorators=(\w+)/.exec(id)?.[1];
    if (mode === undefined) return undefined;
    if (mode === 'esbuild') return transform(code, { loader: 'ts', target: 'es2022' });
    const { ES2022: target } = ts.ScriptTarget;
    const { ESNext: module } = ts.ModuleKind;
    const compilerOptions = { target, module, experimentalDecorators: mode === 'legacy' };
    return ts.transpileModule(code, { compilerOptions }).outputText;
  },
};

// Units that leave nothing in a process. Those that start workers do: the SDK has one runtime for a process, and its hosts freeze what all have.
const folders = 'adapters,agent,codec,core,http,observability,runtime,workflow';
const shared = `test/{${folders}}/**/!(check-child|unheard-traces|decorators).test.ts`;

const longest = [
  /test\/conformance\/(temporal|sqlite|bullmq|memory-cache-0)\./,
  /test\/(simulation|e2e\/(examples\/demo|projects\/project|cli\/cli))/,
];

/** Starts with the files that take long: at the end, a core would wait for the other one. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const index = longest.findIndex((path) => path.test(moduleId));
      return index < 0 ? longest.length : index;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- it is not an array that sorts.
    const usual = await super.sort(files);
    return usual.toSorted((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  plugins: [decorators],
  resolve: { alias },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // Where the CPU has memory protection keys, V8 may abort while it frees the WebAssembly of PGlite (https://github.com/nodejs/node/issues/64500).
    execArgv: ['--no-memory-protection-keys'],
    sequence: { sequencer: LongestFirst },
    teardownTimeout: 10_000,
    // No measure of speed, like all timeouts of tests: a loaded machine is slow.
    expect: { poll: { timeout: 20_000 } },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: {
        statements: 90,
        lines: 90,
        functions: 90,
        'src/core/**': { lines: 100 },
      },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{conformance,e2e,chaos}/**', shared],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-shared',
          include: [shared],
          // One process for many files: what they import is loaded once.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { name: 'e2e', include: ['test/{e2e,chaos}/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/types/**/*.test-d.ts'],
            checker: 'tsc',
            tsconfig: 'tsconfig.test.json',
            // Those are the business of the `types` step.
            ignoreSourceErrors: true,
          },
        },
      },
    ],
  },
});
