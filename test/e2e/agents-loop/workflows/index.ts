export { perdureAgent } from '../../../../src/workflow/bundle-entry.ts';
