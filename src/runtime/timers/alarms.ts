import type { Clock } from '../../core/clock.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { nextDeadline } from '../../core/run/due.ts';

interface Alarm {
  readonly at: number;
  readonly cancel: () => void;
}

/** Wakes runs when something in them falls due. Alarms are made from the records alone, so that they need not be stored. */
export class Alarms {
  readonly #clock: Clock;
  readonly #ring: (key: RunKey) => void;
  readonly #alarms = new Map<string, Alarm>();

  /** @param ring called for a run that has something due (or had: it may be too early). */
  constructor(clock: Clock, ring: (key: RunKey) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /**
   * Sees to it that the run's next deadline will not be missed. An alarm that comes too early is left as it is: deadlines move back all the time,
   * and ringing once for nothing costs less.
   */
  set(record: RunRecord): void {
    const { namespace, workflowId, runId } = record;
    const name = `${namespace}\0${runId}`;
    const at = nextDeadline(record, this.#clock.now());
    const alarm = this.#alarms.get(name);
    if (at === undefined) {
      if (record.closeTime !== undefined) this.#drop(name);
      return;
    }
    if (alarm !== undefined && alarm.at <= at) return;
    alarm?.cancel();
    const ring = (): void => {
      this.#alarms.delete(name);
      this.#ring({ namespace, workflowId, runId });
    };
    this.#alarms.set(name, { at, cancel: this.#clock.schedule(at, ring) });
  }

  /** Calls all alarms off. */
  clear(): void {
    for (const { cancel } of this.#alarms.values()) cancel();
    this.#alarms.clear();
  }

  #drop(name: string): void {
    this.#alarms.get(name)?.cancel();
    this.#alarms.delete(name);
  }
}
