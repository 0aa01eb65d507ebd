import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
// As a whole, for the reason in socket-client.ts.
import grpcJs from '@grpc/grpc-js';
import type { handleUnaryCall, sendUnaryData, Server, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import { fromStatus, toStatus, unavailable } from '../../runtime/errors.ts';
import type { CallOptions, WorkflowServiceApi } from '../../runtime/service.ts';
import { operatorServiceMethods, workflowServiceMethods } from '../../runtime/rpc-methods.ts';
import type { AnyCall, RpcMethod } from '../../runtime/rpc-methods.ts';
import { isOver } from '../../runtime/is-over.ts';
import { CALL_KEY, CANCEL_PATH, CHANNEL_OPTIONS, ORIGIN_KEY } from './socket-protocol.ts';
import type { Origin } from './socket-protocol.ts';

/** How long calls that are under way may take when the server closes: they wait for the disk. Long polls are ended at once. */
const CALLS_GRACE_MS = 5000;
/** How long the last answers may travel. */
const ANSWERS_GRACE_MS = 1000;
const DETAILS_KEY = 'grpc-status-details-bin';

type Call = ServerUnaryCall<unknown, unknown>;
type Respond = sendUnaryData<unknown>;

/** A service that other processes reach through a socket. */
export interface SocketServer {
  readonly path: string;
  /** Ends long polls, lets other calls finish (5 s), and sends everybody to the next owner. */
  close(): Promise<void>;
}

/**
 * Serves a `WorkflowServiceApi` as gRPC on a unix socket, for this user only. It does not keep
 * the process alive.
 * @param path of the socket, in a directory that nobody else can enter. Nothing may be there yet.
 */
export async function serveSocket(service: WorkflowServiceApi, path: string): Promise<SocketServer> {
  const calls = new Calls();
  const grpc = new grpcJs.Server(CHANNEL_OPTIONS);
  addService(grpc, workflowServiceMethods, service, calls);
  addService(grpc, operatorServiceMethods, service, calls);
  addHealthService(grpc);
  addCancelService(grpc, calls);
  const injector = grpc.createConnectionInjector(grpcJs.ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  // A listener of our own, as the one of gRPC would keep the process alive.
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.unref().on('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  await listen(listener, path);
  return {
    path,
    close: async () => {
      listener.close();
      rmSync(path, { force: true });
      await calls.leave();
      // Connections end when the last answers have travelled.
      const ended = Array.from(sockets, closed);
      injector.destroy();
      await isOver(Promise.all(ended), ANSWERS_GRACE_MS);
      for (const socket of sockets) socket.destroy();
      grpc.forceShutdown();
    },
  };
}

/** Resolves when a socket has closed, in whatever way: a client that dies meanwhile resets its connection. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.ref().once('close', () => resolve()));
}

async function listen(listener: NetServer, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  listener.unref();
}

function addService(grpc: Server, methods: readonly RpcMethod[], service: WorkflowServiceApi, calls: Calls): void {
  const definition: Record<string, unknown> = {};
  const handlers: Record<string, handleUnaryCall<unknown, unknown>> = {};
  for (const method of methods) {
    definition[method.name] = definitionOf(method);
    handlers[method.name] = (call, respond) => calls.handle(service[method.name] as AnyCall, call, respond);
  }
  grpc.addService(definition as ServiceDefinition, handlers);
}

function definitionOf({ path, request, response }: Pick<RpcMethod, 'path' | 'request' | 'response'>): unknown {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  };
}

/** The standard health service, which official connections offer. */
function addHealthService(grpc: Server): void {
  const { HealthCheckRequest, HealthCheckResponse } = proto.grpc.health.v1;
  const { SERVING } = HealthCheckResponse.ServingStatus;
  const check = definitionOf({
    path: '/grpc.health.v1.Health/Check',
    request: {
      encode: (message) => Buffer.from(HealthCheckRequest.encode(message as object).finish()),
      decode: (bytes) => HealthCheckRequest.decode(bytes),
    },
    response: {
      encode: (message) => Buffer.from(HealthCheckResponse.encode(message as object).finish()),
      decode: (bytes) => HealthCheckResponse.decode(bytes),
    },
  });
  const answer: handleUnaryCall<unknown, unknown> = (_, respond) => respond(null, { status: SERVING });
  grpc.addService({ check } as ServiceDefinition, { check: answer });
}

/** Lets clients end calls without losing their answers. */
function addCancelService(grpc: Server, calls: Calls): void {
  const asText = {
    encode: (id: unknown) => Buffer.from(String(id)),
    decode: (bytes: Uint8Array) => Buffer.from(bytes).toString(),
  };
  const cancel = definitionOf({ path: CANCEL_PATH, request: asText, response: asText });
  const answer: handleUnaryCall<unknown, unknown> = ({ request }, respond) => {
    calls.cancel(String(request));
    respond(null, '');
  };
  grpc.addService({ cancel } as ServiceDefinition, { cancel: answer });
}

/** The calls that are under way. */
class Calls {
  readonly #underWay = new Map<Promise<void>, AbortController>();
  readonly #byId = new Map<string, AbortController>();
  #isLeaving = false;

  handle(method: AnyCall, call: Call, respond: Respond): void {
    if (this.#isLeaving) {
      fail(respond, unavailable('The owner of the file is leaving.'), 'leaving');
      return;
    }
    const stop = new AbortController();
    call.on('cancelled', () => stop.abort());
    const id = String(call.metadata.get(CALL_KEY)[0] ?? '');
    if (id !== '') this.#byId.set(id, stop);
    const answer = this.#answer(method, call, respond, { signal: stop.signal, isGone: () => call.cancelled });
    this.#underWay.set(answer, stop);
    void answer.finally(() => {
      this.#underWay.delete(answer);
      this.#byId.delete(id);
    });
  }

  /** Ends a call, which is answered with what it has come to. */
  cancel(id: string): void {
    this.#byId.get(id)?.abort();
  }

  /** Answers no more calls; resolves when those under way have ended, or their time is up. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    const answers = Array.from(this.#underWay.keys());
    for (const stop of this.#underWay.values()) stop.abort();
    await isOver(Promise.all(answers), CALLS_GRACE_MS);
  }

  async #answer(method: AnyCall, call: Call, respond: Respond, options: CallOptions): Promise<void> {
    try {
      respond(null, await method(call.request, options));
    } catch (error) {
      // A poll that was ended by the leaving owner goes on at the next one.
      if (this.#isLeaving && options.signal?.aborted)
        fail(respond, unavailable('The owner of the file is leaving.'), 'leaving');
      else fail(respond, error, 'answered');
    }
  }
}

function fail(respond: Respond, error: unknown, origin: Origin): void {
  const { code, details, metadata } = fromStatus(toStatus(error));
  // The error may come from another copy of gRPC, whose metadata this one does not take.
  const trailer = new grpcJs.Metadata();
  for (const value of metadata.get(DETAILS_KEY)) trailer.set(DETAILS_KEY, value);
  trailer.set(ORIGIN_KEY, origin);
  respond({ code: code === grpcJs.status.OK ? grpcJs.status.INTERNAL : code, details, metadata: trailer });
}
