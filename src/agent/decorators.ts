/**
 * Agents and tools as classes: sugar over `defineAgent` and `defineTool`, for both modes of TypeScript's decorators.
 *
 * @module
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Json, JsonObject, UserContent } from '../workflow/protocol/index.ts';
import { DecoratedMembers, type MethodDecorator } from '../workflow/decorated-members.ts';
import { type AnyAgentOptions, completeAgent } from './define-agent.ts';
import { type AnyToolOptions, completeTool, type ToolSettings } from './define-tool.ts';
import { DefinitionError } from './errors.ts';
import type {
  Agent as AgentDefinition,
  AnyTool,
  ApprovalAnswer,
  ApprovalContext,
  CompensationContext,
  AsyncToolContext,
  ToolContext,
} from './types.ts';

export type { MethodDecorator } from '../workflow/decorated-members.ts';

/** What `@Tool` is given. */
export interface ToolDecoratorOptions<
  Schema extends StandardSchemaV1,
  Completion extends 'sync' | 'async' = 'sync' | 'async',
> extends Omit<ToolSettings, 'name'> {
  /** How models call it. Default: the method's name. */
  readonly name?: string;
  /** Of the arguments. Default: no arguments. */
  readonly input?: Schema;
  /** `async`: the method only begins it, and whoever has `context.completionToken` ends it later. Default: `sync`. */
  readonly completion?: Completion;
  /** Whether a person has to decide first; or the name of the method that says so. Default: never. */
  readonly approval?:
    | boolean
    | string
    | ((
        args: StandardSchemaV1.InferOutput<Schema>,
        context: ApprovalContext<never>,
      ) => ApprovalAnswer | Promise<ApprovalAnswer>);
  /** Undoes a completed call; or the name of the method that does. */
  readonly compensate?:
    | string
    | ((args: StandardSchemaV1.InferOutput<Schema>, context: CompensationContext<never>) => unknown);
}

/** What `@Agent` is given. Its decorated methods are tools beside `tools`. */
export interface AgentDecoratorOptions extends AnyAgentOptions {}

type AnyToolNote = ToolDecoratorOptions<StandardSchemaV1<never, never>>;

const tools = new DecoratedMembers<AnyToolNote>('Tool');
const agents = new WeakMap<object, AgentDecoratorOptions>();
const made = new WeakMap<object, AgentDefinition<UserContent | JsonObject, Json>>();

/**
 * On a class: its instances are agents.
 * @example
 * \@Agent({ name: 'support', model: 'openai/gpt-5-mini', instructions: 'You help customers with their orders.' })
 * class Support {
 *   constructor(private readonly orders: Orders) {}
 *   \@Tool({ description: 'Find an order by its number.', input: z.object({ orderId: z.string() }) })
 *   lookupOrder({ orderId }: { orderId: string }) { return this.orders.find(orderId); }
 * }
 * const support = agentOf(new Support(orders));
 */
export function Agent(
  options: AgentDecoratorOptions,
): (agentClass: abstract new (...args: never) => object, context?: ClassDecoratorContext) => void {
  return (agentClass, context) => {
    if (typeof agentClass !== 'function' || (context !== undefined && context.kind !== 'class'))
      throw new TypeError("@Agent() can't be on a member: it belongs on a class.");
    agents.set(agentClass, options);
  };
}

/** On a method of an agent's class: the agent may call it. The method takes the schema's output, and a `ToolContext`; with `completion: 'async'` an `AsyncToolContext`. */
export function Tool<
  Schema extends StandardSchemaV1 = StandardSchemaV1<JsonObject>,
  Completion extends 'sync' | 'async' = 'sync',
>(
  options: ToolDecoratorOptions<Schema, Completion>,
): MethodDecorator<
  (
    args: StandardSchemaV1.InferOutput<Schema>,
    context: Completion extends 'async' ? AsyncToolContext<never> : ToolContext<never>,
  ) => unknown
> {
  return tools.note(options as unknown as AnyToolNote);
}

/**
 * The agent that an instance of a class with `@Agent` is: what `defineAgent` makes, and the same one every time.
 * @throws DefinitionError when its class has no `@Agent`, or as `defineAgent` and `defineTool` do.
 */
export function agentOf(instance: object): AgentDefinition<UserContent | JsonObject, Json> {
  const before = made.get(instance);
  if (before) return before;
  const options = optionsOf(instance);
  const own = [...tools.of(instance)].map(([method, note]) => toolOf(instance, method, note));
  const agent = completeAgent({ ...options, tools: [...(options.tools ?? []), ...own] });
  made.set(instance, agent);
  return agent;
}

/** Of the class of an instance, or of one that it extends. */
function optionsOf(instance: object): AgentDecoratorOptions {
  for (let each: unknown = instance.constructor; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
    const options = agents.get(each);
    if (options) return options;
  }
  throw new DefinitionError(`class ${instance.constructor.name}`, 'is no agent.', {
    fix: 'Put @Agent({ … }) on it, and pass an instance of it.',
  });
}

function toolOf(instance: object, method: string, note: AnyToolNote): AnyTool {
  const { name = method, approval, compensate, ...settings } = note;
  const path = `tool "${name}"`;
  const options: AnyToolOptions = {
    ...settings,
    name,
    run: methodOf(instance, method, path),
    ...(approval !== undefined && {
      approval: typeof approval === 'string' ? methodOf(instance, approval, `${path}: approval`) : approval,
    }),
    ...(compensate !== undefined && {
      compensate: typeof compensate === 'string' ? methodOf(instance, compensate, `${path}: compensate`) : compensate,
    }),
  };
  return completeTool(options);
}

/** The method as it is when it is called: by then, subclasses and other decorators may have replaced it. */
function methodOf(instance: object, method: string, path: string): (args: never, context: unknown) => never {
  const members = instance as Readonly<Record<string, unknown>>;
  if (typeof members[method] !== 'function')
    throw new DefinitionError(path, `class ${instance.constructor.name} has no method ${method}.`, {
      fix: 'Name one of its public methods.',
    });
  return (args, context) => (members[method] as (args: never, context: unknown) => never).call(instance, args, context);
}
