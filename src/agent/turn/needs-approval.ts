import type { AnyTool, ApprovalContext } from '../types.ts';

type Approval = (args: unknown, context: ApprovalContext) => unknown;

/**
 * Whether a person has to decide about a call first, and what that person is asked. A function that fails counts as yes: what can't be
 * checked isn't done unasked.
 * @returns `undefined` when nobody has to.
 */
export async function needsApproval(
  tool: AnyTool,
  args: unknown,
  context: ApprovalContext,
): Promise<string | undefined> {
  if (!tool.approval) return undefined;
  const question = `May ${context.agent} call ${tool.name}?`;
  try {
    const answer = await (tool.approval as Approval)(args, context);
    if (typeof answer === 'string' && answer.trim() !== '') return answer;
    return answer === false ? undefined : question;
  } catch (error) {
    // Nobody can decide about a run that is being cancelled.
    context.signal.throwIfAborted();
    return `${question} (Whether it has to be asked could not be checked: ${error instanceof Error ? error.message : String(error)})`;
  }
}
