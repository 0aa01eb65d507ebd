import { connect } from '../client/connect.ts';
import type { Prices } from '../client/inspect/types.ts';
import { Perdure } from '../client/perdure.ts';
import { ConfigurationError } from '../engine/index.ts';
import { section, text } from '../engine/shape.ts';
import type { EngineConfig, TypeOfEngine } from '../engines/index.ts';

/** What an engine of a type is configured by. @typeParam Type its name. */
export type EngineSettings<Type extends EngineConfig['type']> = Omit<Extract<EngineConfig, TypeOfEngine<Type>>, 'type'>;

/** An engine and its configuration, which may be left out where nothing in it is required. @typeParam Type the name of the engine. */
export type ConfiguredEngine<Type extends EngineConfig['type']> = TypeOfEngine<Type> &
  (Partial<EngineSettings<Type>> extends EngineSettings<Type>
    ? OptionalConfig<EngineSettings<Type>>
    : RequiredConfig<EngineSettings<Type>>);

/** A configuration in which nothing is required. @typeParam Config what there may be. */
export interface OptionalConfig<Config> {
  /** Default: what the environment says, then the engine's defaults. */
  readonly config?: Config;
}

/** A configuration in which something is required. @typeParam Config what there is. */
export interface RequiredConfig<Config> {
  /** As `openEngine` takes it, without `type`. */
  readonly config: Config;
}

/** Which engine, and its configuration. */
export type EngineChoice = { readonly [Type in EngineConfig['type']]: ConfiguredEngine<Type> }[EngineConfig['type']];

/** What an adapter does beside. */
export interface AdapterOptions {
  /** Where runs are started. Default: what the engine's configuration says, then `perdure`. */
  readonly taskQueue?: string;
  /** By which completion tokens are checked. Default: as in `connect`. */
  readonly secret?: string;
  /** What models cost, for metrics. Default: no cost is calculated. */
  readonly prices?: Prices;
}

/** The runs of somebody's client, which stays theirs. */
export interface ConnectedSource extends Pick<AdapterOptions, 'prices'> {
  /** What `connect` gave. */
  readonly perdure: Perdure;
}

/** What an adapter is made from: an engine that it opens, or a client that is connected already. */
export type AdapterSource = (EngineChoice & AdapterOptions) | ConnectedSource;

/** What an adapter works on. */
export interface Opened {
  readonly perdure: Perdure;
  readonly prices: Prices | undefined;
  /** Closes what was opened for this adapter. */
  readonly close: () => Promise<void>;
}

/** An empty configuration is one that says nothing; what is in it, the engine checks. */
const given = (path: string, value: unknown): void => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new ConfigurationError(path, 'is no object.', { fix: 'Give an object.' });
};
const chosen = section({ type: text, config: given, taskQueue: text, secret: text, prices: given }, 'options', {
  engine: { problem: 'is not what it is called here.', fix: 'Give `type` and `config`, or `perdure`.' },
});
const connected = section({ perdure: given, prices: given }, 'options');

/** Checks a source and opens what it asks for. @throws ConfigurationError, EngineUnavailableError; what factories of custom engines throw. */
export async function openSource(source: AdapterSource): Promise<Opened> {
  if (typeof source === 'object' && source !== null && 'perdure' in source) {
    connected('', source);
    const { perdure, prices } = source;
    if (perdure instanceof Perdure) return { perdure, prices, close: async () => undefined };
    throw new ConfigurationError('perdure', 'is no client.', { fix: 'Give what connect() resolves with.' });
  }
  chosen('', source);
  const { type, config = {}, taskQueue, secret, prices } = source;
  const perdure = await connect({
    engine: { ...config, type } as EngineConfig,
    ...(taskQueue === undefined ? {} : { taskQueue }),
    ...(secret === undefined ? {} : { secret }),
  });
  return { perdure, prices, close: () => perdure.close() };
}
