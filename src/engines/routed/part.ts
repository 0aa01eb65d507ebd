import type { Engine } from '../../engine/index.ts';
import { backendOf } from '../../runtime/connection.ts';
import { fromConnection } from '../../runtime/remote-service.ts';
import type { AnyCall } from '../../runtime/rpc-methods.ts';
import type { CallOptions, MethodName, RequestOf, ResponseOf, WorkflowServiceApi } from '../../runtime/service.ts';

/** One of the engines behind a routed one. */
export class Part {
  readonly name: string;
  readonly engine: Engine;
  /** Its namespace, which may be another one than that of the routed engine. */
  readonly namespace: string;
  /** Whether its durable core is ours. */
  readonly isLocal: boolean;
  readonly #service: WorkflowServiceApi;

  constructor(name: string, engine: Engine) {
    this.name = name;
    this.engine = engine;
    this.namespace = engine.client.options.namespace;
    this.isLocal = backendOf(engine.client.connection) !== undefined;
    // Through its connection, which tries again what fails in passing, as it knows how.
    this.#service = fromConnection(engine.client.connection);
  }

  /** Calls this engine, in its own namespace. */
  async call<Name extends MethodName>(
    name: Name,
    request: RequestOf<Name>,
    options?: CallOptions,
  ): Promise<ResponseOf<Name>> {
    return (await this.pass(name, request, options)) as ResponseOf<Name>;
  }

  /** As `call`, for messages of which nothing is known. */
  async pass(name: MethodName, request: unknown, options?: CallOptions): Promise<unknown> {
    const { namespace } = this;
    const call = this.#service[name] as AnyCall;
    return await call({ ...(request as object), namespace }, options);
  }
}
