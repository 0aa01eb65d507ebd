import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../engine/index.ts';

/** Upper bounds of durations, in seconds: starting a run is milliseconds, an answer waits for a worker. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A request that was answered. */
export interface AnsweredRequest {
  readonly method: string;
  /** The route's path with its parameters as names: few of them, whatever is asked for. */
  readonly route: string;
  readonly status: number;
  /** Until the answer began. */
  readonly seconds: number;
}

/** What is counted of the API and its engine, for Prometheus. Its registry is its own: others in the process are left alone. */
export class ApiMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #durations: Histogram<'method' | 'route'>;
  readonly #engine: Engine;
  readonly #up: Gauge<'engine'>;
  readonly #active: Gauge<'engine'>;
  readonly #queued: Gauge<'engine'>;

  /** @param streams how many streams are open. */
  constructor(engine: Engine, streams: () => number) {
    this.#engine = engine;
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'perdure_http_requests_total',
      help: 'Requests that were answered.',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'perdure_http_request_duration_seconds',
      help: 'Time until the answer to a request began.',
      labelNames: ['method', 'route'],
      buckets: SECONDS,
      registers,
    });
    const open: Gauge = new Gauge({
      name: 'perdure_http_open_streams',
      help: 'Streams of events that are open.',
      registers,
      collect: () => open.set(streams()),
    });
    const gauge = (name: string, help: string): Gauge<'engine'> =>
      new Gauge({ name, help, labelNames: ['engine'], registers });
    this.#up = gauge('perdure_engine_up', '1 when the engine answers, 0 when it does not.');
    this.#active = gauge('perdure_engine_active_runs', 'Open runs of the namespace.');
    this.#queued = gauge('perdure_engine_queued_tasks', 'Tasks that wait for a worker, where the engine counts them.');
  }

  /** Takes note of a request. */
  answered({ method, route, status, seconds }: AnsweredRequest): void {
    this.#requests.inc({ method, route, status: String(status) });
    this.#durations.observe({ method, route }, seconds);
  }

  /** All of it, in the text format of Prometheus. Asks the engine how it is. */
  async text(): Promise<string> {
    await this.#look();
    return await this.#registry.metrics();
  }

  /** What `text` is. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  async #look(): Promise<void> {
    const { name } = this.#engine;
    const { status, activeRuns, queuedRuns } = await this.#engine.health();
    const isUp = status !== 'unhealthy';
    this.#up.set({ engine: name }, isUp ? 1 : 0);
    this.#active.reset();
    this.#queued.reset();
    if (!isUp) return;
    this.#active.set({ engine: name }, activeRuns);
    if (queuedRuns !== undefined) this.#queued.set({ engine: name }, queuedRuns);
  }
}
