import type { Clock } from '../../core/clock.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { nextDeadline } from '../../core/run/due.ts';

interface Alarm {
  readonly at: number;
  readonly cancel: () => void;
}

/** After a failure the alarm rings again after this time, in milliseconds. */
const RETRY_MS = 1000;

/** Wakes runs when something in them falls due. Alarms are made from the records alone, so that they need not be stored. */
export class Alarms {
  readonly #clock: Clock;
  readonly #ring: (key: RunKey) => Promise<void>;
  readonly #report: (error: unknown) => void;
  readonly #alarms = new Map<string, Alarm>();
  #off = false;

  /**
   * @param ring called for a run that has something due (or had: it may be too early); when it rejects, it is called again later.
   * @param report told why.
   */
  constructor(clock: Clock, ring: (key: RunKey) => Promise<void>, report: (error: unknown) => void) {
    this.#clock = clock;
    this.#ring = ring;
    this.#report = report;
  }

  /**
   * Sees to it that the run's next deadline will not be missed. An alarm that comes too early is left as it is: deadlines move back all the time,
   * and ringing once for nothing costs less.
   */
  set(record: RunRecord): void {
    const { namespace, workflowId, runId } = record;
    const name = `${namespace}\0${runId}`;
    const at = nextDeadline(record, this.#clock.now());
    if (at !== undefined) this.#setAt(name, { namespace, workflowId, runId }, at);
    else if (record.closeTime !== undefined) this.#drop(name);
  }

  /** Forgets the run's alarm: somebody else rings it. */
  drop({ namespace, runId }: RunKey): void {
    this.#drop(`${namespace}\0${runId}`);
  }

  /** Calls all alarms off; no further ones are set. */
  clear(): void {
    this.#off = true;
    for (const { cancel } of this.#alarms.values()) cancel();
    this.#alarms.clear();
  }

  #setAt(name: string, key: RunKey, at: number): void {
    const alarm = this.#alarms.get(name);
    if (this.#off || (alarm !== undefined && alarm.at <= at)) return;
    alarm?.cancel();
    const cancel = this.#clock.schedule(at, () => {
      this.#alarms.delete(name);
      void this.#ringOrRetry(name, key);
    });
    this.#alarms.set(name, { at, cancel });
  }

  async #ringOrRetry(name: string, key: RunKey): Promise<void> {
    try {
      await this.#ring(key);
    } catch (error) {
      this.#report(error);
      this.#setAt(name, key, this.#clock.now() + RETRY_MS);
    }
  }

  #drop(name: string): void {
    this.#alarms.get(name)?.cancel();
    this.#alarms.delete(name);
  }
}
