import { createRequire } from 'node:module';
import { Client } from '@temporalio/client';
import { IllegalStateError, type DataConverter } from '@temporalio/common';
import type { WorkerOptions } from '@temporalio/worker';
import {
  type Broadcasts,
  ConfigurationError,
  type Engine,
  type NativeConnectionLike,
  type PerdureWorker,
  type ReconcileOptions,
  type ReconcileResult,
} from '../../engine/index.ts';
import { createConnection, type LocalConnection } from '../../runtime/connection.ts';
import { checkPlaces, checkRouting, sameEngine, type RoutedEngineOptions } from './options.ts';
import { Part } from './part.ts';
import { routedService } from './service.ts';
import { healthOf, infoOf, reconcileAll, type RoutedEngineHealth, type RoutedEngineInfo } from './status.ts';
import { RoutedWorker } from './worker.ts';

const PACKAGE = createRequire(import.meta.url)('perdure/package.json') as { readonly version: string };

/** Several engines as one. Clients, agents and workers need not know which of them a run is on. */
export interface RoutedEngine extends Engine {
  /**
   * One of the engines behind it, for what only that one can do.
   * @throws ConfigurationError when there is none of that name.
   */
  engine(name: string): Engine;
  /**
   * That of the default engine: an official worker that is made on it works there and nowhere else. `createWorker` makes one that works on all.
   */
  readonly nativeConnection: NativeConnectionLike;
  /** Makes a worker on each engine, which run and stop together. Slots and caches are those of each. */
  createWorker(options: WorkerOptions): Promise<PerdureWorker>;
  /** As in `Engine`: what all of the engines can, and each by itself. */
  info(): Promise<RoutedEngineInfo>;
  /** As in `Engine`: `degraded` when one of the engines is not healthy. */
  health(): Promise<RoutedEngineHealth>;
}

/** An engine behind a routed one, and whether that one has to close it. */
export interface OpenedPart {
  readonly engine: Engine;
  readonly isOurs: boolean;
}

/** What is done with what an engine is given as. */
export interface PartOpener<Source> {
  /** Opens an engine, or takes one that is open. */
  readonly open: (source: Source) => Promise<OpenedPart>;
  /** Where it keeps its runs; `undefined` when that is not known, or nobody else can have them. */
  readonly placeOf: (source: Source) => Promise<string | undefined>;
}

/**
 * Makes one engine of several. When one of them cannot be opened, those that were opened are closed.
 * @throws ConfigurationError when the options are wrong; what opening an engine throws.
 */
export async function openRoutedEngine<Source>(
  options: RoutedEngineOptions<Source>,
  { open, placeOf }: PartOpener<Source>,
): Promise<RoutedEngine> {
  checkRouting(options);
  await checkPlaces(options, placeOf);
  const opened: (readonly [string, OpenedPart])[] = [];
  try {
    for (const [name, source] of Object.entries(options.engines)) opened.push([name, await open(source)]);
    return new Routed(options, opened);
  } catch (error) {
    await Promise.allSettled(opened.map(async ([, { engine, isOurs }]) => (isOurs ? await engine.close() : undefined)));
    throw error;
  }
}

class Routed implements RoutedEngine {
  readonly name = 'routed';
  readonly client: Client;
  readonly nativeConnection: NativeConnectionLike;
  readonly taskQueue: string | undefined;
  readonly activityDefaults: Engine['activityDefaults'];
  readonly database: string | undefined;
  readonly broadcasts: Broadcasts | undefined;
  readonly reconcile?: (options?: ReconcileOptions) => Promise<ReconcileResult>;
  readonly secret?: () => string;
  readonly #parts: readonly Part[];
  readonly #ours: readonly Engine[];
  readonly #connection: LocalConnection;
  readonly #madeAt = performance.now();
  #workers: readonly PerdureWorker[] = [];
  #closing: Promise<void> | undefined;

  constructor(
    { rules = [], default: otherwise }: Pick<RoutedEngineOptions<unknown>, 'default' | 'rules'>,
    opened: readonly (readonly [string, OpenedPart])[],
  ) {
    const parts = opened.map(([name, { engine }]) => new Part(name, engine));
    const fallback = parts.find(({ name }) => name === otherwise) as Part;
    checkParts(parts, fallback);
    const { namespace } = fallback;
    const { connection: _, loadedDataConverter: converter, ...clientOptions } = fallback.engine.client.options;
    const service = routedService({ parts, fallback, rules, namespace, converter });
    this.#parts = parts;
    this.#ours = opened.filter(([, { isOurs }]) => isOurs).map(([, { engine }]) => engine);
    this.#connection = createConnection(service, { address: parts.map(({ name }) => name).join('+'), retries: false });
    this.client = new Client({ ...clientOptions, namespace, connection: this.#connection });
    this.nativeConnection = fallback.engine.nativeConnection;
    this.taskQueue = fallback.engine.taskQueue;
    this.activityDefaults = fallback.engine.activityDefaults;
    const engines = parts.map(({ engine }) => engine);
    // All processes have the same engines, so whatever reaches those of one reaches all; messages go further than a file.
    this.broadcasts = engines.find((engine) => engine.broadcasts !== undefined)?.broadcasts;
    this.database = this.broadcasts === undefined ? engines.find((engine) => engine.database)?.database : undefined;
    const keeper = engines.find((engine) => engine.secret !== undefined);
    if (keeper?.secret !== undefined) this.secret = keeper.secret.bind(keeper);
    if (engines.some((engine) => engine.reconcile !== undefined))
      this.reconcile = async (looking) => await reconcileAll(engines, looking);
  }

  engine(name: string): Engine {
    const part = this.#parts.find((each) => each.name === name);
    if (part !== undefined) return part.engine;
    const fix = `Name one of ${this.#parts.map((each) => each.name).join(', ')}.`;
    throw new ConfigurationError('engines', `there is no engine '${name}'.`, { fix });
  }

  async createWorker(options: WorkerOptions): Promise<PerdureWorker> {
    const worker = await RoutedWorker.create(this.#parts, options);
    this.#workers = [...this.#workers.filter((other) => !hasEnded(other)), worker];
    return worker;
  }

  async info(): Promise<RoutedEngineInfo> {
    return await infoOf(this.name, PACKAGE.version, this.#parts);
  }

  async health(): Promise<RoutedEngineHealth> {
    return await healthOf(PACKAGE.version, this.#parts, performance.now() - this.#madeAt);
  }

  async close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    try {
      await this.#closing;
    } catch (error) {
      this.#closing = undefined;
      throw error;
    }
  }

  /** Engines that were passed in stay open, and so do their workers that have never run. */
  async #closeAll(): Promise<void> {
    if (this.#workers.some((worker) => !hasEnded(worker) && worker.getState() !== 'INITIALIZED'))
      throw new IllegalStateError('Cannot close the engine while Workers run: shut them down first');
    await Promise.all(this.#ours.map(async (engine) => await engine.close()));
    await this.#connection.close();
  }
}

function hasEnded(worker: PerdureWorker): boolean {
  return ['STOPPED', 'FAILED'].includes(worker.getState());
}

/** @throws ConfigurationError when an engine is given twice, or speaks another language than the others. */
function checkParts(parts: readonly Part[], fallback: Part): void {
  for (const [index, part] of parts.entries()) {
    const path = `engines.${part.name}`;
    const twin = parts.slice(0, index).find(({ engine }) => engine === part.engine);
    if (twin !== undefined) throw sameEngine(part.name, twin.name);
    if (isSameConverter(part.engine.client.options.dataConverter, fallback.engine.client.options.dataConverter))
      continue;
    const problem = `it has another data converter than '${fallback.name}', so a client could not read the runs of both.`;
    throw new ConfigurationError(path, problem, { fix: 'Give all engines the same `client.dataConverter`.' });
  }
}

function isSameConverter(a: DataConverter = {}, b: DataConverter = {}): boolean {
  if (a.payloadConverterPath !== b.payloadConverterPath || a.failureConverterPath !== b.failureConverterPath)
    return false;
  const [left, right] = [a.payloadCodecs ?? [], b.payloadCodecs ?? []];
  return left.length === right.length && left.every((codec, index) => codec === right[index]);
}
