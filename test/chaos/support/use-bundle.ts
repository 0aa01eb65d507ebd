import { beforeAll } from 'vitest';
import { quiet } from '../../conformance/targets/quiet.ts';
import { type BundleFile, writeBundle } from './bundle.ts';

/** The workload's code in a file, for all tests of a test file; there from its first test to its last. */
export function useBundle(): Pick<BundleFile, 'path'> {
  let bundle: BundleFile | undefined;
  beforeAll(async () => {
    quiet();
    const written = await writeBundle();
    bundle = written;
    return () => written.remove();
  });
  return {
    get path() {
      return bundle?.path ?? '';
    },
  };
}
