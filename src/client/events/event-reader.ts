import type { PayloadReader } from '../../agent/conversation/payloads.ts';
import type { RunEvent } from './event.ts';
import type { ChainRun } from './history.ts';
import { formatEventId } from './ids.ts';
import { FactReader, type HistoryEvent } from './read-fact.ts';
import { Translator } from './translate.ts';

/** Reads the events of one run, from its beginning: what an event means may depend on those before it. */
export class EventReader {
  readonly #run: ChainRun;
  readonly #facts: FactReader;
  readonly #translator: Translator;

  constructor(run: ChainRun, payloads: PayloadReader) {
    this.#run = run;
    this.#facts = new FactReader(payloads, run.workflowId);
    this.#translator = new Translator(run);
  }

  /** The events that the next events of history come to. */
  async read(page: readonly HistoryEvent[]): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for (const event of page) {
      const fact = await this.#facts.read(event);
      if (fact === undefined) continue;
      const eventId = Number(event.eventId);
      const ms = timeOf(event);
      const at = new Date(ms).toISOString();
      for (const [index, body] of this.#translator.translate(eventId, ms, fact).entries()) {
        events.push({ ...body, id: formatEventId({ ...this.#run, eventId, index }), at });
      }
    }
    return events;
  }
}

/** When an event happened, in milliseconds since the epoch. */
export function timeOf({ eventTime }: Pick<HistoryEvent, 'eventTime'>): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + Math.floor((eventTime?.nanos ?? 0) / 1e6);
}
