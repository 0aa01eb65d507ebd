import { DefaultFailureConverter, type FailureConverter } from '@temporalio/common';

/** Puts messages and stacks of failures into payloads, where codecs reach them. Loaded by its path, in workflows too. */
export const failureConverter: FailureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
