import { Connection, isGrpcServiceError } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import { NativeConnection } from '@temporalio/worker';
import { ConfigurationError, EngineUnavailableError } from '../../engine/index.ts';
import { findRefusal } from './refusal.ts';
import type { TemporalSettings } from './settings.ts';

/** The official connections of a client and of workers, both to one cluster. */
export interface Connections {
  readonly connection: Connection;
  readonly nativeConnection: NativeConnection;
}

/**
 * Connects, within the configured time, and makes sure that the namespace is there.
 * @throws EngineUnavailableError when nobody answers or the credentials are refused.
 * @throws ConfigurationError when there is no such namespace.
 */
export async function connect(settings: TemporalSettings): Promise<Connections> {
  const options = {
    address: settings.address,
    metadata: settings.metadata,
    ...(settings.tls === undefined ? {} : { tls: settings.tls }),
    ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
  };
  const connection = Connection.lazy({ ...options, connectTimeout: await timeLeft(settings) });
  try {
    await connection.ensureConnected();
    await checkNamespace(connection, settings);
    const nativeConnection = await withinTime(NativeConnection.connect(options), settings.connectTimeoutMs);
    return { connection, nativeConnection };
  } catch (error) {
    await connection.close();
    throw ConfigurationError.is(error) ? error : explain(error, settings);
  }
}

/** @throws EngineUnavailableError when the server is not even there. @returns the time that is left to connect, in milliseconds. */
async function timeLeft({ address, connectTimeoutMs, refusedTimeoutMs }: TemporalSettings): Promise<number> {
  if (refusedTimeoutMs >= connectTimeoutMs) return connectTimeoutMs;
  const startedAt = performance.now();
  const cause = await findRefusal(address, refusedTimeoutMs);
  if (cause === undefined) return connectTimeoutMs - Math.min(performance.now() - startedAt, refusedTimeoutMs);
  throw new EngineUnavailableError(
    `No Temporal server listens at ${address} (${cause.message || 'connection refused'}). Check the address; a local server is started ` +
      'with `temporal server start-dev`. To wait longer for one that is starting, set connection.connectTimeout.',
    { cause },
  );
}

async function checkNamespace(connection: Connection, settings: TemporalSettings): Promise<void> {
  const { namespace, connectTimeoutMs } = settings;
  try {
    await connection.withDeadline(Date.now() + connectTimeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    // Whoever may not describe it may still be allowed to work in it.
    if (error.code === status.PERMISSION_DENIED || error.code === status.UNIMPLEMENTED) return;
    if (error.code !== status.NOT_FOUND) throw error;
    throw new ConfigurationError(
      'connection.namespace',
      `there is no namespace '${namespace}' at ${settings.address}.`,
      {
        fix: `Create it with \`temporal operator namespace create ${namespace}\`, or name another one.`,
        cause: error,
      },
    );
  }
}

async function withinTime(connecting: Promise<NativeConnection>, ms: number): Promise<NativeConnection> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no connection within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([connecting, timeout]);
  } catch (error) {
    // Should it come through later, nobody is left to close it.
    connecting.then((late) => late.close()).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function explain(error: unknown, settings: TemporalSettings): EngineUnavailableError {
  const { address, connectTimeoutMs } = settings;
  const refusal = findCode(error, [status.UNAUTHENTICATED, status.PERMISSION_DENIED]);
  const tls = settings.tls === undefined ? 'without TLS' : 'with TLS';
  const message =
    refusal === undefined
      ? `No Temporal server answered at ${address} (${tls}) within ${connectTimeoutMs} ms. Check the address and TLS; ` +
        'a local server is started with `temporal server start-dev`.'
      : `The Temporal server at ${address} refused the credentials: ${refusal}. Check the API key or client certificate.`;
  return new EngineUnavailableError(message, { cause: error });
}

function findCode(error: unknown, codes: readonly number[]): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (isGrpcServiceError(at) && codes.includes(at.code)) return at.details;
  }
  return undefined;
}
