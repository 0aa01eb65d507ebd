import type { AnyAgent } from '../../src/agent/types.ts';
import type { PassTime } from '../model/scripted-model.ts';

/** What stands for something real in a test: a scripted model, a fake tool. */
export interface Double {
  readonly problems: readonly string[];
  readonly useTime?: (passTime: PassTime) => void;
}

/** The models and tools of agents, sub-agents included, that are none; and those of `more`. */
export function doublesOf(agents: readonly AnyAgent[], more: readonly object[]): readonly Double[] {
  const seen = new Set<object>();
  const add = (agent: AnyAgent): void => {
    if (seen.has(agent)) return;
    seen.add(agent);
    for (const part of [agent.model, ...agent.tools]) if (typeof part === 'object') seen.add(part);
    agent.agents.forEach(add);
  };
  agents.forEach(add);
  for (const each of more) seen.add(each);
  return [...seen].filter((each): each is Double => 'problems' in each && Array.isArray(each.problems));
}
