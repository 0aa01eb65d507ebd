import type { LocalActivityMachine } from '../machines/local-activity.ts';
import type { LocalMarker } from './marker.ts';
import type { RecordedResolution } from './types.ts';

/** What a run has its worker do for local activities: to be started, to be cancelled, under way, or known from history. */
export class LocalWork {
  /** The workflow has ended: nothing is waited for any more. */
  isEnding = false;
  /** The workflow has asked for a local activity. */
  isUsed = false;
  readonly #queue = new Map<number, LocalActivityMachine>();
  #cancels: number[] = [];
  readonly #executing = new Set<number>();
  #known: LocalMarker[] = [];
  readonly #awaitMarker = new Set<LocalActivityMachine>();

  /** Activities that the run waits for. While there are any, its workflow task stays out. */
  get outstanding(): number {
    return this.isEnding ? 0 : this.#queue.size + this.#executing.size;
  }

  enqueue(machine: LocalActivityMachine): void {
    this.isUsed = true;
    this.#queue.set(machine.schedule.seq, machine);
  }

  /** Takes an activity out that was not started yet. Returns false when it is not there. */
  dequeue(seq: number): boolean {
    return this.#queue.delete(seq);
  }

  enqueueCancel(seq: number): void {
    this.#cancels.push(seq);
  }

  /** Takes all that is to be done; what is started counts as under way. */
  takeRequests(): { readonly starts: LocalActivityMachine[]; readonly cancels: number[] } {
    const cancels = this.#cancels;
    const starts = [...this.#queue.values()];
    this.#cancels = [];
    this.#queue.clear();
    for (const { schedule } of starts) this.#executing.add(schedule.seq);
    return { starts, cancels };
  }

  /** The activity is over, or not waited for any more. */
  finished(seq: number): void {
    this.#queue.delete(seq);
    this.#executing.delete(seq);
  }

  /** Remembers a marker that was met ahead. Their order is that of the resolutions. */
  noteMarker(marker: LocalMarker): void {
    this.#known.push(marker);
  }

  get nextKnownSeq(): number | undefined {
    return this.#known[0]?.seq;
  }

  takeKnown(seq: number): RecordedResolution | undefined {
    const index = this.#known.findIndex((marker) => marker.seq === seq);
    return index < 0 ? undefined : this.#known.splice(index, 1)[0];
  }

  /** Remembers an activity that was asked for in replay. */
  awaitMarker(machine: LocalActivityMachine): void {
    this.isUsed = true;
    this.#awaitMarker.add(machine);
  }

  /** Replay is over: those whose markers did not come. */
  takeUnmarked(): LocalActivityMachine[] {
    const machines = [...this.#awaitMarker];
    this.#awaitMarker.clear();
    return machines;
  }
}
