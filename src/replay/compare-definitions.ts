import { canonicalJson } from '../agent/hash.ts';
import type { AgentRecord, Json } from '../workflow/protocol/index.ts';
import type { DefinitionDifference } from './types.ts';

type Members = Readonly<Record<string, unknown>>;

/** What is not as it was, by name; members of tools, sub-agents and limits each for itself. */
export function compareDefinitions(before: AgentRecord, after: AgentRecord): readonly DefinitionDifference[] {
  return compare(before.name, '', flat(before), flat(after));
}

/** Lists of named things become members by name, so that order does not count. The hash says only that something has changed. */
function flat({ hash: _hash, tools, agents, ...rest }: AgentRecord): Members {
  const members = tools.map(({ hash: _toolHash, name, ...tool }) => [name, tool] as const);
  return {
    ...rest,
    tools: Object.fromEntries(members),
    agents: Object.fromEntries(agents.map(({ name, ...agent }) => [name, agent])),
  };
}

/** Whose members are told one by one. */
const DEEP = /^(?:tools|agents|limits|modelRetry)$|^(?:tools|agents)\.[^.]+$/;

function compare(agent: string, path: string, before: Members, after: Members): DefinitionDifference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    const field = path === '' ? name : `${path}.${name}`;
    if (canonicalJson(was) === canonicalJson(is)) return [];
    if (DEEP.test(field) && isObject(was) && isObject(is)) return compare(agent, field, was, is);
    const change = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    const values = {
      ...(was !== undefined && { before: was as Json }),
      ...(is !== undefined && { after: is as Json }),
    };
    return [{ agent, field, change, ...values }];
  });
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
