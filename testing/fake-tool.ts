import type { AsyncToolContext, CompensationContext, Tool } from '../src/agent/types.ts';
import { count, shorten } from './text.ts';

/** One call of a fake tool. */
export interface FakeToolCall<Input> {
  /** Checked against the real tool's schema, and transformed by it. */
  readonly input: Input;
  /** What the tool was given beside; the completion token only if it is async. */
  readonly context: AsyncToolContext;
}

/** What a fake tool does: a function in the place of the real one's, or `inOrder` of values. Anything else is what it returns every time. */
export type FakeBehaviour<Input, Output> =
  | ((input: Input, context: AsyncToolContext) => Output | Promise<Output>)
  | InOrder<Output>
  | Output;

/** Values that are returned one after the other; an `Error` among them is thrown. */
export interface InOrder<Output> {
  /** Tells it from a value. */
  readonly kind: 'in-order';
  /** One for each call. */
  readonly values: readonly (Output | Error)[];
}

/** A tool in the place of a real one: of the same name, schema and policy. */
export interface FakeTool<out Input = unknown, out Output = unknown> extends Tool<Input, Output> {
  /** In their order, attempts that repeat a call included. */
  readonly calls: readonly FakeToolCall<Input>[];
  /** Inputs of the calls that were undone, where the real tool has a `compensate`. */
  readonly undone: readonly Input[];
  /** What went wrong with the fake: calls for which it had no value. */
  readonly problems: readonly string[];
}

/**
 * Makes a fake of a tool. It keeps the real one's name, schemas, approval, time-out and retries, and never calls the real one's functions but
 * for `approval`. With values instead of a function, an async tool has its result at once.
 * @param behaviour a function, `inOrder([…])`, or a value that every call returns.
 * @example
 * const lookup = fakeTool(lookupOrder, { status: 'shipped' });
 */
export function fakeTool<Input, Output>(
  tool: Tool<Input, Output>,
  behaviour: FakeBehaviour<NoInfer<Input>, NoInfer<Output>>,
): FakeTool<Input, Output> {
  const calls: FakeToolCall<Input>[] = [];
  const undone: Input[] = [];
  const problems: string[] = [];
  const respond = toFunction(tool.name, behaviour, problems);
  return {
    ...tool,
    completion: typeof behaviour === 'function' ? tool.completion : 'sync',
    run: (input: Input, context: AsyncToolContext) => {
      calls.push({ input, context });
      return respond(input, context);
    },
    compensate:
      tool.compensate &&
      ((input: Input, _context: CompensationContext) => {
        undone.push(input);
      }),
    calls,
    undone,
    problems,
  };
}

/**
 * Values for a fake tool, one for each call; a call after the last one fails, and so does the test. An `Error` among them is thrown, and tried again
 * as the tool's retries say.
 */
export function inOrder<Output>(values: readonly (Output | Error)[]): InOrder<Output> {
  return { kind: 'in-order', values };
}

function toFunction<Input, Output>(
  name: string,
  behaviour: FakeBehaviour<Input, Output>,
  problems: string[],
): (input: Input, context: AsyncToolContext) => unknown {
  if (typeof behaviour === 'function') return behaviour as (input: Input, context: AsyncToolContext) => unknown;
  if (!isInOrder(behaviour)) return () => behaviour;
  const { values } = behaviour;
  let next = 0;
  return (input) => {
    if (next >= values.length) {
      const problem = `The fake tool "${name}" has ${count(values.length, 'value')}, and was called once more, with ${shorten(input)}.`;
      problems.push(problem);
      throw new Error(problem);
    }
    const value = values[next++];
    if (value instanceof Error) throw value;
    return value;
  };
}

function isInOrder<Output>(behaviour: unknown): behaviour is InOrder<Output> {
  return typeof behaviour === 'object' && behaviour !== null && 'kind' in behaviour && behaviour.kind === 'in-order';
}
