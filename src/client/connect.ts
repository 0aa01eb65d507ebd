import type { Client } from '@temporalio/client';
import type { Telemetry } from '../agent/telemetry.ts';
import type { TokenChannel } from '../agent/token-channel.ts';
import { openSharedTokens } from '../agent/tokens/shared-tokens.ts';
import type { Engine } from '../engine/index.ts';
import { type EngineConfig, engineFromEnv, isEngine, openEngine } from '../engines/index.ts';
import { DEFAULT_TASK_QUEUE } from '../workflow/protocol/index.ts';
import { Perdure } from './perdure.ts';

/** How to reach the runs. */
export interface ConnectOptions {
  /** An engine that is open, or the configuration of one. Default: what the environment says (`engineFromEnv`). */
  readonly engine?: Engine | EngineConfig;
  /** Where runs are started. Default: the engine's own, then `perdure`. */
  readonly taskQueue?: string;
  /**
   * By which completion tokens are checked; the same as the worker's. Default: `PERDURE_SECRET`, then the engine's own.
   */
  readonly secret?: string;
  /**
   * Where models can be heard while they speak: the worker's channel. Default: that of the processes that share an embedded engine's file or a Redis,
   * elsewhere that of this process.
   */
  readonly tokens?: TokenChannel;
  /** Hands the trace that the caller is in to the runs that are started: from `createTelemetry` of `perdure/observability`. Default: none. */
  readonly telemetry?: Pick<Telemetry, 'trace'>;
  /** Another client of the same engine, such as one of a test environment whose time skips. Default: the engine's. */
  readonly client?: Client;
}

/**
 * Connects to where runs are. What it opens is closed by `close`; an engine that was passed stays open.
 * @throws ConfigurationError, EngineUnavailableError
 * @example
 * const perdure = await connect();
 * const run = await perdure.start(support, { input: 'Where is my order 1042?' });
 * console.log(await run.result());
 */
export async function connect(options: ConnectOptions = {}): Promise<Perdure> {
  const { engine: source = engineFromEnv() } = options;
  const engine = await openEngine(source);
  const taskQueue = options.taskQueue ?? engine.taskQueue ?? DEFAULT_TASK_QUEUE;
  const secret = (): string | undefined =>
    options.secret ?? (process.env['PERDURE_SECRET'] || undefined) ?? engine.secret?.();
  let opened: Promise<TokenChannel> | undefined;
  const tokens = async (): Promise<TokenChannel> =>
    options.tokens ?? (await (opened ??= openSharedTokens(engine, { publishes: false })));
  return new Perdure({
    engine,
    context: {
      client: options.client ?? engine.client,
      taskQueue,
      tokens,
      secret,
      trace: () => options.telemetry?.trace(),
    },
    release: async () => {
      await (await opened?.catch(() => undefined))?.close();
      if (!isEngine(source)) await engine.close();
    },
  });
}
