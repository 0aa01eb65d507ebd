import { ConfigurationError, type Engine } from '../../engine/index.ts';
import { anything, section, text } from '../../engine/shape.ts';

/** What is to be started, as rules see it. */
export interface RoutedStart {
  /** The id of the run. */
  readonly workflowId: string;
  /** Of the workflow; `perdureAgent` for agents. */
  readonly workflowType: string;
  /** Where it looks for a worker. */
  readonly taskQueue: string;
  /** The agent, when it is one that `perdure.start` starts. */
  readonly agent: string | undefined;
}

/** Which starts go to an engine: those that meet all conditions of the rule. Of a list, one has to fit. */
export interface RoutingRule {
  /** Names of agents. */
  readonly agent?: string | readonly string[];
  /** Types of workflows. */
  readonly workflowType?: string | readonly string[];
  /** Task queues. */
  readonly taskQueue?: string | readonly string[];
  /** Anything else. Decides at once, and by nothing but the start: the same start has to be led to the same engine in every process. */
  readonly when?: (start: RoutedStart) => boolean;
  /** The name of the engine. */
  readonly engine: string;
}

/**
 * Several engines as one.
 * @typeParam Source what an engine is given as.
 */
export interface RoutedEngineOptions<Source = Engine> {
  /**
   * The engines by names of your choice, open or to be opened. All of them are asked where a run is, and workers work on all of them, so keep those
   * whose runs are not over yet, also when no rule leads there any more.
   */
  readonly engines: Readonly<Record<string, Source>>;
  /** The first one that fits says where a run is started. Default: none. */
  readonly rules?: readonly RoutingRule[];
  /** The name of the engine for all other starts, and for what is of no run: schedules, the namespace. */
  readonly default: string;
}

type Conditions = Omit<RoutingRule, 'engine' | 'when'>;

/** The conditions that are names. */
export const NAMED: readonly (keyof Conditions)[] = ['agent', 'workflowType', 'taskQueue'];

/** The names of a condition. */
export function namesOf(condition: string | readonly string[]): readonly string[] {
  return typeof condition === 'string' ? [condition] : condition;
}

/** The workflow that runs agents: the word is that of `workflow/protocol`, below which engines stand. */
export const AGENT_WORKFLOW = 'perdureAgent';

const checkOptions = section({ engines: anything, rules: anything, default: text }, 'engine');
const checkRule = section({
  agent: anything,
  workflowType: anything,
  taskQueue: anything,
  when: anything,
  engine: text,
});

/** @throws ConfigurationError when the options make no sense, name an engine that there is not, or have a rule that can never fit. */
export function checkRouting<Source>(options: RoutedEngineOptions<Source>): void {
  checkOptions('', options);
  const { engines, rules = [] } = options as Partial<RoutedEngineOptions<Source>>;
  if (typeof engines !== 'object' || engines === null || Object.keys(engines).length === 0) {
    throw new ConfigurationError('engines', 'there are none.', { fix: 'Give engines by name.' });
  }
  const names = Object.keys(engines);
  requireEngine('default', options.default, names);
  if (!Array.isArray(rules)) throw new ConfigurationError('rules', 'is no list.', { fix: 'Give a list of rules.' });
  for (const [index, rule] of rules.entries()) {
    const path = `rules[${index}]`;
    checkRule(path, rule);
    requireEngine(`${path}.engine`, rule.engine, names);
    checkConditions(path, rule);
    const earlier = rules.slice(0, index).findIndex((other) => takesAllOf(other, rule));
    if (earlier === -1) continue;
    throw new ConfigurationError(path, `it can never fit: rules[${earlier}] takes all that it would take.`, {
      fix: 'Remove it, or put it first.',
    });
  }
}

/**
 * Looks that no two engines are one: all that is on it would be listed and counted twice.
 * @param placeOf where an engine keeps its runs, if that can be told.
 * @throws ConfigurationError
 */
export async function checkPlaces<Source>(
  { engines }: RoutedEngineOptions<Source>,
  placeOf: (source: Source) => Promise<string | undefined>,
): Promise<void> {
  const known = new Map<string, string>();
  for (const [name, source] of Object.entries(engines)) {
    const place = await placeOf(source);
    if (place === undefined) continue;
    const twin = known.get(place);
    if (twin !== undefined) throw sameEngine(name, twin);
    known.set(place, name);
  }
}

/** What is said of an engine that has two names. */
export function sameEngine(name: string, twin: string): ConfigurationError {
  return new ConfigurationError(`engines.${name}`, `it is the same engine as '${twin}'.`, { fix: 'Name it once.' });
}

function requireEngine(path: string, name: string | undefined, names: readonly string[]): void {
  if (name !== undefined && names.includes(name)) return;
  throw new ConfigurationError(path, name === undefined ? 'is missing.' : `there is no engine '${name}'.`, {
    fix: `Name one of ${names.join(', ')}.`,
  });
}

function checkConditions(path: string, rule: RoutingRule): void {
  for (const name of NAMED) {
    const condition: unknown = rule[name];
    if (condition === undefined) continue;
    const names: readonly unknown[] = Array.isArray(condition) ? condition : [condition];
    if (names.length === 0)
      throw new ConfigurationError(`${path}.${name}`, 'it can never fit: the list is empty.', {
        fix: 'Name something.',
      });
    for (const each of names) text(`${path}.${name}`, each);
  }
  const { agent, workflowType, when } = rule;
  if (when !== undefined && typeof when !== 'function')
    throw new ConfigurationError(`${path}.when`, 'is no function.', { fix: 'Give a function of the start.' });
  if (agent !== undefined && workflowType !== undefined && !namesOf(workflowType).includes(AGENT_WORKFLOW))
    throw new ConfigurationError(path, `it can never fit: an agent's workflow is '${AGENT_WORKFLOW}'.`, {
      fix: 'Leave out one of agent and workflowType.',
    });
  if (when !== undefined || NAMED.some((name) => rule[name] !== undefined)) return;
  throw new ConfigurationError(path, 'it has no condition.', { fix: 'Say what it is for, or use `default`.' });
}

/** Whether an earlier rule leaves nothing for a later one. */
function takesAllOf(earlier: RoutingRule, later: RoutingRule): boolean {
  if (earlier.when !== undefined) return earlier.when === later.when && covers(earlier, later);
  return covers(earlier, later);
}

function covers(earlier: RoutingRule, later: RoutingRule): boolean {
  return NAMED.every((name) => {
    const wanted = earlier[name];
    const given = later[name];
    if (wanted === undefined) return true;
    return given !== undefined && namesOf(given).every((each) => namesOf(wanted).includes(each));
  });
}
