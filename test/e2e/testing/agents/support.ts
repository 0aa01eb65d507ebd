import { fileURLToPath } from 'node:url';
import type { AnyAgent } from '../../../../src/agent/types.ts';
import { type AgentTest, type AgentTestOptions, createAgentTest } from '../../../../testing/index.ts';

/** The loop and workflows of one's own, in one bundle for all tests of a file. */
export const workflowsPath: string = fileURLToPath(new URL('./own-workflows.ts', import.meta.url));

/** A test with these workflows. */
export function open<const Agents extends readonly AnyAgent[] = readonly []>(
  options: AgentTestOptions<Agents>,
): Promise<AgentTest> {
  return createAgentTest({ workflowsPath, ...options });
}

/** Bundles, so that no test has to wait for it. */
export async function prepare(): Promise<void> {
  const test = await open({});
  await test.teardown();
}

/** What ending a test throws. */
export async function problemsOf(test: AgentTest): Promise<string> {
  return await test.teardown().then(
    () => 'no problem',
    (error: Error) => error.message,
  );
}
