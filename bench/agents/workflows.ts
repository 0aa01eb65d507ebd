/** The agent on the official AI SDK plugin, written as its documentation does it. */
import { temporalProvider } from '@temporalio/ai-sdk/workflow';
import { proxyActivities } from '@temporalio/workflow';
import { generateText, isStepCount, tool } from 'ai';
import type { look } from './tool.ts';
import { lookUp } from './tool.ts';

const activities = proxyActivities<{ look: typeof look }>({ startToCloseTimeout: '1 minute' });

/** Answers a prompt, with as many model calls as that takes. */
export async function officialAgent(prompt: string): Promise<string> {
  const { text } = await generateText({
    model: temporalProvider.languageModel('bench'),
    system: 'You look numbers up.',
    prompt,
    tools: {
      [lookUp.name]: tool({
        description: lookUp.description,
        inputSchema: lookUp.input,
        execute: (input) => activities.look(input),
      }),
    },
    stopWhen: isStepCount(100_000),
  });
  return text;
}
