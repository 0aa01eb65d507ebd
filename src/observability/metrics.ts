import {
  type Attributes,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  ValueType,
} from '@opentelemetry/api';

/** Of OpenTelemetry's conventions, for times in seconds. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/** The same, up to runs that wait for people. */
const LONG_SECONDS = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 14_400, 86_400, 604_800];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

/** What is counted. Attributes are names of agents, tools, models and kinds of failures: never ids, and nothing that users say. */
export interface Instruments {
  /** Records tokens of a model call. */
  tokens(count: number, attributes: Attributes): void;
  /** Records how long a model call took, in seconds. */
  modelCall(seconds: number, attributes: Attributes): void;
  /** Records how long an attempt of a tool took, in seconds. */
  toolCall(seconds: number, attributes: Attributes): void;
  /** Records how long a run took, in seconds; the number of runs is that of the records. */
  run(seconds: number, attributes: Attributes): void;
}

/** The instruments, made when they are needed first: the application may set up its metrics after this. */
export function createInstruments(provider: MeterProvider | undefined, version: string): Instruments {
  const made = new Map<string, Histogram>();
  const histogram = (name: string, unit: string, description: string, boundaries: number[]): Histogram => {
    const found = made.get(name);
    if (found !== undefined) return found;
    const meter: Meter = (provider ?? metrics.getMeterProvider()).getMeter('perdure', version);
    const created = meter.createHistogram(name, {
      unit,
      description,
      valueType: unit === 's' ? ValueType.DOUBLE : ValueType.INT,
      advice: { explicitBucketBoundaries: boundaries },
    });
    made.set(name, created);
    return created;
  };
  return {
    tokens: (count, attributes) =>
      histogram('gen_ai.client.token.usage', '{token}', 'Tokens of model calls.', TOKENS).record(count, attributes),
    modelCall: (seconds, attributes) =>
      histogram('gen_ai.client.operation.duration', 's', 'Duration of model calls, each attempt.', SECONDS).record(
        seconds,
        attributes,
      ),
    toolCall: (seconds, attributes) =>
      histogram('gen_ai.execute_tool.duration', 's', 'Duration of calls of tools, each attempt.', SECONDS).record(
        seconds,
        attributes,
      ),
    run: (seconds, attributes) =>
      histogram('gen_ai.invoke_agent.duration', 's', 'Duration of runs that have ended.', LONG_SECONDS).record(
        seconds,
        attributes,
      ),
  };
}
