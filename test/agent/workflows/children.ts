import { ApplicationFailure, condition, continueAsNew } from '@temporalio/workflow';

/** Ends as it is told. */
export async function child(end: 'complete' | 'fail' | 'wait' | 'continue'): Promise<string> {
  if (end === 'fail') throw ApplicationFailure.nonRetryable('no such invoice');
  if (end === 'continue') await continueAsNew<typeof child>('complete');
  if (end === 'wait') await condition(() => false);
  return 'paid';
}
