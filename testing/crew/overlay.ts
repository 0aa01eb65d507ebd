import type { CallOptions, MethodName, RequestOf, ResponseOf, WorkflowServiceApi } from '../../src/runtime/service.ts';

/** One RPC with its name not known before. */
export type AnyCall = (request: never, options?: CallOptions) => Promise<unknown>;

/** Some RPCs in the place of others. */
export type Replacements = {
  readonly [Name in MethodName]?: (request: RequestOf<Name>, options?: CallOptions) => Promise<ResponseOf<Name>>;
};

/** A service with some of its RPCs replaced. */
export function overlay(service: WorkflowServiceApi, replacements: Replacements): WorkflowServiceApi {
  return new Proxy(service, {
    get: (target, name) => (Reflect.get(replacements, name) ?? Reflect.get(target, name)) as unknown,
  });
}

/** A service all of whose RPCs pass through a function. */
export function wrapEach(
  service: WorkflowServiceApi,
  wrap: (name: string, call: AnyCall) => AnyCall,
): WorkflowServiceApi {
  return new Proxy(service, {
    get: (target, name) => {
      const call = Reflect.get(target, name) as AnyCall | undefined;
      return typeof call === 'function' ? wrap(String(name), call) : call;
    },
  });
}
