/**
 * Imported by workflow threads before anything else: what official modules load there and do not use stays out, which is most of what a thread's
 * start would cost.
 *
 * `vm-shared.js` has much beside what we take of it, for which it loads all of protobuf's definitions, and, for one class of error, gRPC and the
 * native library. `require` finds stand-ins for these in its cache while it loads. They throw when something is asked of them, so that a new
 * version that does use them is noticed at once; `test/official.test.ts` looks, too.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const VM_SHARED = '@temporalio/worker/lib/workflow/vm-shared.js';
const UNUSED = ['@temporalio/proto', '../errors'];

function loadWithout(path: string, names: readonly string[]): void {
  const there = createRequire(require.resolve(path));
  const files = names.map((name) => there.resolve(name)).filter((file) => require.cache[file] === undefined);
  for (const file of files) require.cache[file] = standIn(file);
  try {
    require(path);
  } finally {
    for (const file of files) delete require.cache[file];
  }
}

function standIn(file: string): NodeJS.Module {
  const exports = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === '__esModule') return true;
        throw new Error(`${file} is not loaded in workflow threads, but its '${String(name)}' was asked for`);
      },
    },
  );
  return {
    id: file,
    filename: file,
    loaded: true,
    exports,
    children: [],
    paths: [],
    path: '',
    parent: null,
    require,
    isPreloading: false,
  };
}

loadWithout(VM_SHARED, UNUSED);

/**
 * The native library's clock: nanoseconds since the epoch. Loaded when first asked for, and alone: the package's front door loads gRPC for its
 * classes of errors.
 */
export function loadNativeClock(): () => bigint {
  const { getPrebuiltPath } = require('@temporalio/core-bridge/common.js') as { getPrebuiltPath(): string };
  const { getTimeOfDay } = require(getPrebuiltPath()) as { getTimeOfDay(): bigint };
  return getTimeOfDay;
}
