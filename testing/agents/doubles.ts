import type { AgentRegistry } from '../../src/agent/registry.ts';
import type { PassTime } from '../model/scripted-model.ts';

/** What stands for something real in a test: a scripted model, a fake tool. */
export interface Double {
  readonly problems: readonly string[];
  readonly useTime?: (passTime: PassTime) => void;
}

/** The models and tools that are none. */
export function doublesOf({ agents, tools }: AgentRegistry): readonly Double[] {
  const all = new Set<object>([...tools, ...agents.flatMap(({ model }) => (typeof model === 'object' ? [model] : []))]);
  return [...all].filter((each): each is Double => 'problems' in each && Array.isArray(each.problems));
}
