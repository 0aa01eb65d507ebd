import { readFile } from 'node:fs/promises';
import { sdkPackage } from '../../official.ts';

/** What is known of the code that comes with the package. */
export interface PrebuiltInfo {
  /** Version of the official packages that it contains parts of. */
  readonly sdk: string;
}

/** Where a build puts the code and what is known of it. */
export const PREBUILT: { readonly code: URL; readonly info: URL } = {
  code: new URL('../../workflow/agent-bundle.js', import.meta.url),
  info: new URL('../../workflow/agent-bundle.json', import.meta.url),
};

/**
 * The code that comes with the package; `undefined` where there is none (in a checkout), or where it was made for another version of the
 * official packages than the one that is installed.
 */
export async function readPrebuilt(): Promise<string | undefined> {
  try {
    const { sdk } = JSON.parse(await readFile(PREBUILT.info, 'utf8')) as PrebuiltInfo;
    return sdk === sdkPackage.version ? await readFile(PREBUILT.code, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
