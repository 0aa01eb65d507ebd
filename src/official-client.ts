/**
 * Deep imports of official packages that clients need. They are apart from `official.ts` because a process that only asks must not load the
 * official worker with its bundler and native library.
 */
export { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
export { ExternalStorageRunner } from '@temporalio/common/lib/internal-non-workflow/index.js';
export { ExternalStorage, type StorageDriver, StorageDriverClaim } from '@temporalio/common/lib/converter/extstore.js';
