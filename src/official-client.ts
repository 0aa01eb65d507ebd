/**
 * Deep imports of official packages that clients need. They are apart from `official.ts` because a process that only asks must not load the
 * official worker with its bundler and native library.
 */
export { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
