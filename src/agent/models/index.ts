/** Where models come from, and what their errors mean. */
export { classifyModelError } from './classify-error.ts';
export type { ModelFactory, ModelOptions } from './options.ts';
export { resolveModel } from './resolve-model.ts';
