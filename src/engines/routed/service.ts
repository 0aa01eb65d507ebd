import type { LoadedDataConverter } from '@temporalio/common';
import { invalidArgument, namespaceNotFound, unimplemented } from '../../runtime/errors.ts';
import { type AnyCall, type RpcMethod, serviceOf } from '../../runtime/rpc-methods.ts';
import type { CallOptions, MethodName, WorkflowServiceApi } from '../../runtime/service.ts';
import { countRuns, listRuns, LISTS } from './lists.ts';
import { isMovedFrom } from './moved.ts';
import type { RoutingRule } from './options.ts';
import type { Part } from './part.ts';
import { Places } from './places.ts';
import { describeQueue } from './queue-descriptions.ts';
import { engineFor, readStart } from './rules.ts';
import { callOfRun, callOfTask, isOfRun, type Routes } from './run-calls.ts';
import { Starts } from './starts.ts';

/** What a routed service is made of. */
export interface RoutedServiceOptions {
  readonly parts: readonly Part[];
  readonly fallback: Part;
  readonly rules: readonly RoutingRule[];
  readonly namespace: string;
  /** Reads what rules look at. */
  readonly converter: LoadedDataConverter;
}

/** The RPCs of several engines as those of one: starts go where the rules say, what is about a run goes to its engine, lists are merged. */
export function routedService({
  parts,
  fallback,
  rules,
  namespace,
  converter,
}: RoutedServiceOptions): WorkflowServiceApi {
  const routes: Routes = {
    parts,
    fallback,
    places: new Places(parts),
    isMovedFrom: async ({ description }, firstRunId) =>
      await isMovedFrom(description.workflowExecutionInfo, firstRunId, converter, namespace),
  };
  const starts = new Starts({
    ...routes,
    choose: async (request) => {
      const name = engineFor(await readStart(request, converter, namespace), rules, fallback.name);
      return parts.find((part) => part.name === name) ?? fallback;
    },
  });
  const own: Partial<WorkflowServiceApi> = {
    startWorkflowExecution: (request, options) => starts.start(request, options),
    signalWithStartWorkflowExecution: (request, options) => starts.signal(request, options),
    executeMultiOperation: (request, options) => starts.multi(request, options),
    countWorkflowExecutions: (request, options) => countRuns(parts, request, options),
    // What all have to know of, as runs may be on each of them.
    addSearchAttributes: (request, options) => onAll(parts, 'addSearchAttributes', request, options),
    removeSearchAttributes: (request, options) => onAll(parts, 'removeSearchAttributes', request, options),
    describeTaskQueue: (request, options) => describeQueue(parts, request, options),
  };
  const callOf = (method: RpcMethod): AnyCall => {
    const { name } = method;
    if (Object.hasOwn(own, name)) return own[name] as AnyCall;
    if (Object.hasOwn(LISTS, name))
      return async (request, options) =>
        await listRuns(parts, name as keyof typeof LISTS, request as Parameters<typeof listRuns>[2], options);
    if (/^poll.*TaskQueue$/.test(name)) return refusePoll(name);
    if (method.hasField('taskToken'))
      return async (request, options) => await callOfTask(routes, name, request, options);
    if (isOfRun(method)) return async (request, options) => await callOfRun(routes, name, request, options);
    return async (request, options) => await fallback.pass(name, request, options);
  };
  return serviceOf((method) => inNamespace(namespace, method, callOf(method)));
}

/** A task of one engine that is given out by a poll of another could get lost between the two. */
function refusePoll(name: MethodName): AnyCall {
  return () => Promise.reject(unimplemented(`${name} on a routed engine (make workers by engine.createWorker)`));
}

/** The engines have one namespace each, and this is what all of them are called here. */
function inNamespace(namespace: string, { hasField }: RpcMethod, call: AnyCall): AnyCall {
  if (!hasField('namespace')) return call;
  return async (request, options) => {
    const { namespace: asked, id } = request as { readonly namespace?: string | null; readonly id?: string | null };
    if (!asked && !id) throw invalidArgument('Namespace is empty.');
    if (asked && asked !== namespace) throw namespaceNotFound(asked);
    return await call(request, options);
  };
}

/** Has every engine do the same, one after another. */
async function onAll(
  parts: readonly Part[],
  name: MethodName,
  request: unknown,
  options: CallOptions | undefined,
): Promise<Record<string, never>> {
  for (const part of parts) await part.pass(name, request, options);
  return {};
}
