import { Context } from '@temporalio/activity';
import { type AgentActivities, FAILURE, type ResolveInput, type UserContent } from '../../workflow/protocol/index.ts';
import { checkValue } from '../arguments.ts';
import { finalFailure } from '../failures.ts';
import type { AnyAgent } from '../types.ts';
import { userContent } from '../user-content.ts';
import { cancellable, withHeartbeat } from './heartbeat.ts';
import type { AgentActivityOptions } from './options.ts';

/** Makes the activity that a run begins with: what its agent is, and what the conversation begins with. */
export function createResolve({ registry, activityDefaults }: AgentActivityOptions): AgentActivities['agent.resolve'] {
  return async ({ agent: name, input, metadata = {} }) => {
    const agent = registry.agent(name);
    if (!agent) {
      const names = registry.agents.map((each) => each.name).join(', ') || 'none';
      throw finalFailure(FAILURE.agentUnknown, `This worker has no agent ${name}. It has: ${names}.`);
    }
    const { value, opening } = await readInput(agent, input);
    // In the engine's time, not in this machine's: tests move it.
    const now = new Date(Context.current().info.scheduledTimestampMs);
    const definition = await cancellable(() =>
      withHeartbeat(() => registry.record(agent, { input: value, metadata, now }, activityDefaults)),
    );
    if (typeof definition.instructions !== 'string' || definition.instructions.trim() === '')
      throw finalFailure(
        FAILURE.invalidInput,
        `The instructions of ${name} came out empty: its function has to return text.`,
      );
    return { definition, opening };
  };
}

/** What an agent is started with: as its instructions see it, and as its model does. @throws ApplicationFailure `InvalidInput` */
export async function readInput(
  agent: AnyAgent,
  input: ResolveInput['input'],
): Promise<{ readonly value: unknown; readonly opening: UserContent }> {
  if (!agent.input) {
    const opening = userContent(input);
    if (opening !== undefined) return { value: opening, opening };
    throw invalid(agent, 'give text, or a list of text and file parts');
  }
  const checked = await checkValue(agent.input, input);
  if (!checked.ok) throw invalid(agent, checked.problem);
  return { value: checked.value, opening: JSON.stringify(input, null, 2) };
}

function invalid(agent: AnyAgent, problem: string): Error {
  return finalFailure(FAILURE.invalidInput, `The input of ${agent.name} is not valid: ${problem}`);
}
