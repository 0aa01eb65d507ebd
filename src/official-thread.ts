/**
 * Imported by workflow threads before anything else: what official modules load there and do not use stays out, which is most of what a thread's
 * start would cost.
 *
 * `vm-shared.js` has much beside what we take of it, for which it loads all of protobuf's definitions, and, for one class of error, gRPC and the
 * native library. `require` finds stand-ins for these in its cache while it loads. They throw when something is asked of them, so that a new
 * version that does use them is noticed at once; `test/official.test.ts` looks, too.
 */
import { createRequire } from 'node:module';
import { standIn, withStandIns } from './official-require.ts';

const require = createRequire(import.meta.url);
const VM_SHARED = '@temporalio/worker/lib/workflow/vm-shared.js';
const UNUSED = ['@temporalio/proto', '../errors'];

function loadWithout(path: string, names: readonly string[]): void {
  const there = createRequire(require.resolve(path));
  const files = names.map((name) => there.resolve(name));
  withStandIns(
    files.map((file) => standIn(file, () => refusal(file))),
    () => require(path) as unknown,
  );
}

function refusal(file: string): object {
  return new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === '__esModule') return true;
        throw new Error(`${file} is not loaded in workflow threads, but its '${String(name)}' was asked for`);
      },
    },
  );
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
