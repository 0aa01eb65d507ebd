export { perdureAgent } from '../../../../src/workflow/bundle-entry.ts';
export * from './authors.ts';
