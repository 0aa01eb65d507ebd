import proto from '@temporalio/proto';
import type { CallOptions, MethodName, WorkflowServiceApi } from './service.ts';

/** Turns messages into bytes and back. */
export interface MessageCodec {
  readonly encode: (message: unknown) => Buffer;
  readonly decode: (bytes: Uint8Array) => unknown;
}

/** One RPC as it travels. */
export interface RpcMethod {
  /** As `WorkflowServiceApi` has it. */
  readonly name: MethodName;
  readonly path: string;
  readonly request: MessageCodec;
  /** The length of a request's bytes. */
  readonly requestSize: (message: unknown) => number;
  readonly response: MessageCodec;
  /** Whether the request has a field of this name. */
  readonly hasField: (name: string) => boolean;
}

/** One RPC as a function over messages of any type. */
export type AnyCall = (request: unknown, options?: CallOptions) => Promise<unknown>;

/** A message type as the reflection of protobufjs gives it; the typings of the package show the static part only. */
interface ReflectedType {
  readonly fields: Readonly<Record<string, unknown>>;
  encode(message: unknown): { readonly len: number; finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

interface ReflectedService {
  readonly methodsArray: readonly {
    readonly name: string;
    resolve(): { readonly resolvedRequestType: ReflectedType; readonly resolvedResponseType: ReflectedType };
  }[];
}

/** All RPCs of the `WorkflowService`. */
export const workflowServiceMethods: readonly RpcMethod[] = methodsOf(
  'temporal.api.workflowservice.v1.WorkflowService',
  proto.temporal.api.workflowservice.v1.WorkflowService,
);

/** All RPCs of the `OperatorService`. */
export const operatorServiceMethods: readonly RpcMethod[] = methodsOf(
  'temporal.api.operatorservice.v1.OperatorService',
  proto.temporal.api.operatorservice.v1.OperatorService,
);

/** Both. */
const allMethods: readonly RpcMethod[] = [...workflowServiceMethods, ...operatorServiceMethods];

function methodsOf(service: string, reflected: unknown): readonly RpcMethod[] {
  return (reflected as ReflectedService).methodsArray.map((method) => {
    const { resolvedRequestType: request, resolvedResponseType: response } = method.resolve();
    return {
      name: (method.name.charAt(0).toLowerCase() + method.name.slice(1)) as MethodName,
      path: `/${service}/${method.name}`,
      request: codecOf(request),
      requestSize: (message) => request.encode(message).len,
      response: codecOf(response),
      hasField: (name) => Object.hasOwn(request.fields, name),
    };
  });
}

/** A service that answers each of its RPCs by what `call` makes of it. */
export function serviceOf(call: (method: RpcMethod) => AnyCall): WorkflowServiceApi {
  return Object.fromEntries(allMethods.map((method) => [method.name, call(method)])) as WorkflowServiceApi;
}

function codecOf(type: ReflectedType): MessageCodec {
  return {
    encode: (message) => {
      const bytes = type.encode(message).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    decode: (bytes) => type.decode(bytes),
  };
}
