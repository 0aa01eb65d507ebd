import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleOf } from '../../support/bundle.ts';

/** The workload's code in a file, so that the processes need not bundle it. */
export interface BundleFile {
  readonly path: string;
  remove(): void;
}

/** Bundles the workload. */
export async function writeBundle(): Promise<BundleFile> {
  const directory = mkdtempSync(join(tmpdir(), 'perdure-chaos-'));
  const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
  const { code } = await bundleOf(workflowsPath);
  const path = join(directory, 'bundle.js');
  writeFileSync(path, code);
  return { path, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
