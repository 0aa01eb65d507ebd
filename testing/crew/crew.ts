import type { Backend, LocalConnection } from '../../src/runtime/connection.ts';
import type { WorkflowServiceApi } from '../../src/runtime/service.ts';
import { Line } from './line.ts';
import { type CrashPoint, CrashPoints } from './point.ts';
import { ShutdownDeadlineError } from '../../src/worker/index.ts';
import type { ReadPayloads } from './payloads.ts';
import { watchSteps } from './steps.ts';

/** A worker, as far as a crew knows it. */
export interface Hand {
  /** Works until it is asked to stop. */
  run(): Promise<void>;
  /** Asks it to stop; may be called at any time. */
  shutdown(): void;
}

/** What a crew is made from. */
export interface CrewOptions {
  readonly backend: Backend;
  readonly read: ReadPayloads;
  /** Makes a worker on a connection of its own. */
  readonly hire: (connection: LocalConnection) => Promise<Hand>;
}

interface Member {
  readonly line: Line;
  readonly worker: Hand;
  /** Resolves when it has stopped, however it did. */
  readonly stopped: Promise<void>;
}

/** One worker that is at work, and another one that takes over when it is killed. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #points = new CrashPoints();
  readonly #members: Member[] = [];
  readonly #problems: string[] = [];
  #hiring: Promise<void> | undefined;
  #crashes = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** How many workers were killed. */
  get crashes(): number {
    return this.#crashes;
  }

  /** What went wrong with the workers themselves. */
  get problems(): readonly string[] {
    return [...this.#problems, ...this.#points.problems];
  }

  /** Puts a worker to work. */
  async start(): Promise<void> {
    const { backend, hire } = this.#options;
    const line: Line = new Line({ ...backend, service: this.#watched(backend.service, () => line) });
    const worker = await hire(line.connection);
    const stopped = worker.run().catch((error: unknown) => {
      // Whoever was killed need not end well; and what is still under way when the test ends is of no interest.
      if (!line.isCut && !ShutdownDeadlineError.is(error)) this.#problems.push(`The worker failed: ${String(error)}`);
    });
    this.#members.push({ line, worker, stopped });
  }

  /** Kills the worker that first gets to a point, and lets another one take over. */
  crashAt(point: CrashPoint, when: 'before' | 'after'): void {
    this.#points.add(point, when);
  }

  /** Kills the worker that is at work, wherever it is. */
  crash(): void {
    for (const { line } of this.#members) this.#kill(line);
  }

  /** Lets the workers finish what they are at. */
  async stop(): Promise<void> {
    await this.#hiring;
    for (const { line, worker } of this.#members) if (!line.isCut) worker.shutdown();
    await Promise.all(this.#members.map(({ stopped }) => stopped));
    await Promise.all(this.#members.map(({ line }) => line.connection.close()));
  }

  #watched(service: WorkflowServiceApi, lineOf: () => Line): WorkflowServiceApi {
    return watchSteps(service, this.#options.read, {
      before: (step) => {
        if (this.#points.diesBefore(step)) this.#kill(lineOf());
        lineOf().assertUncut();
      },
      after: (step) => {
        if (this.#points.diesAfter(step)) this.#kill(lineOf());
      },
    });
  }

  #kill(line: Line): void {
    if (line.isCut) return;
    this.#crashes++;
    line.cut();
    this.#members.find((member) => member.line === line)?.worker.shutdown();
    // Time goes on when the other one is there: what has to pass first is then the same every time.
    const release = this.#options.backend.clock.hold('workflowTask');
    this.#hiring = (this.#hiring ?? Promise.resolve())
      .then(() => this.start())
      .catch((error: unknown) => void this.#problems.push(`No worker could take over: ${String(error)}`))
      .finally(release);
  }
}
