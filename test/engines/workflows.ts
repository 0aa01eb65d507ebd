import { proxyActivities } from '@temporalio/workflow';

const { greet } = proxyActivities<{ greet(name: string): Promise<string> }>({ startToCloseTimeout: '10s' });

/** Greets by an activity. */
export async function greetings(name: string): Promise<string> {
  return await greet(name);
}
