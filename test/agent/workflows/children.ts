import { ApplicationFailure, condition, continueAsNew } from '@temporalio/workflow';

/** Ends as it is told. */
export async function child(end: 'complete' | 'fail' | 'spend' | 'wait' | 'continue'): Promise<string> {
  if (end === 'fail') throw ApplicationFailure.nonRetryable('no such invoice');
  if (end === 'spend') {
    const spent = {
      steps: 2,
      toolCalls: 1,
      inputTokens: 20,
      outputTokens: 5,
      cachedInputTokens: 1,
      reasoningTokens: 2,
    };
    throw ApplicationFailure.create({ message: 'too dear', nonRetryable: true, details: [{ spent }] });
  }
  if (end === 'continue') await continueAsNew<typeof child>('complete');
  if (end === 'wait') await condition(() => false);
  return 'paid';
}
