import { messageOf } from './failures.ts';
import type { AnyTool, ApprovalContext } from './types.ts';

/**
 * Whether a person has to decide on a call, and what that person is asked. Fails closed: only a function that says `false` lets a call pass, so
 * one that throws or returns nothing asks.
 * @param args checked, as `run` gets them.
 */
export async function approvalNeeded(
  tool: AnyTool,
  args: unknown,
  context: ApprovalContext,
): Promise<{ readonly message: string } | null> {
  if (!tool.approval) return null;
  const question = `${context.agent} wants to call ${tool.name}.`;
  try {
    const answer: unknown = await tool.approval(args as never, context as ApprovalContext<never>);
    if (answer === false) return null;
    return { message: typeof answer === 'string' && answer.trim() !== '' ? answer : question };
  } catch (error) {
    return { message: `${question} Whether it needs approval could not be determined: ${messageOf(error)}` };
  }
}
