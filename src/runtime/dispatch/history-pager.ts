import { eventId } from '../../core/activations/events.ts';
import { HistoryUpdate } from '../../core/activations/history-update.ts';
import type { HistoryPager } from '../../core/activations/workflow-task.ts';
import type { HistoryEvent } from '../../core/proto.ts';

/** One page of history, and how to get the next; an empty token ends it. */
export interface HistoryPage {
  readonly events: readonly HistoryEvent[];
  readonly nextPageToken: Uint8Array;
}

/** Fetches a page of a run's history: the first with an empty token. */
export type FetchPage = (token: Uint8Array) => Promise<HistoryPage>;

/** Where a pager stands: events must be fetched from the start, from a token on, or not at all. */
type Position = { readonly token: Uint8Array } | 'end';

const FROM_START: Position = { token: new Uint8Array() };

/** Cuts the history of a workflow task into updates of complete logical tasks, fetching pages as they are needed. */
export class PagedHistory implements HistoryPager {
  readonly #fetch: FetchPage;
  readonly #ids: { previousStartedId: number; startedId: number };
  /** Events that came with the task itself; they close what is fetched from the start. */
  #finalEvents: readonly HistoryEvent[];
  #events: HistoryEvent[];
  #position: Position;
  #lastGivenId = 0;

  private constructor(
    fetch: FetchPage,
    ids: { previousStartedId: number; startedId: number },
    position: Position,
    events: { queued: readonly HistoryEvent[]; final: readonly HistoryEvent[] },
  ) {
    this.#fetch = fetch;
    this.#ids = ids;
    this.#position = position;
    this.#events = [...events.queued];
    this.#finalEvents = events.final;
  }

  /** The history that came with a workflow task; without any, it starts at the beginning. */
  static ofTask(
    fetch: FetchPage,
    ids: { previousStartedId: number; startedId: number },
    page: HistoryPage,
  ): PagedHistory {
    if (page.events.length === 0) return new PagedHistory(fetch, ids, FROM_START, { queued: [], final: [] });
    const position = page.nextPageToken.length > 0 ? { token: page.nextPageToken } : 'end';
    return new PagedHistory(fetch, ids, position, { queued: page.events, final: [] });
  }

  /** The whole history, for a run that was expected to be cached and is not. */
  static fromStart(
    fetch: FetchPage,
    ids: { previousStartedId: number; startedId: number },
    eventsOfTask: readonly HistoryEvent[],
  ): PagedHistory {
    return new PagedHistory(fetch, ids, FROM_START, { queued: [], final: eventsOfTask });
  }

  /** At least the next two logical tasks (replay looks one ahead), or all that is left. */
  async nextUpdate(): Promise<HistoryUpdate> {
    for (;;) {
      await this.#fetchPage();
      const ended = this.#position === 'end';
      const events = this.#events;
      this.#events = [];
      const enough = eventId(events.at(-1)) >= this.#ids.startedId;
      if (events.length === 0 && ended && this.#lastGivenId >= this.#ids.startedId) {
        return HistoryUpdate.fromEvents([], this.#ids, true).update;
      }
      if (events.length === 0 || (ended && !enough)) {
        throw new Error('Fetched empty history page');
      }
      const isLast = ended && enough;
      const { update, rest } = HistoryUpdate.fromEvents(events, this.#ids, isLast);
      if (!ended && update.taskCount < 2) {
        this.#events = events;
        continue;
      }
      this.#events = rest;
      const last = update.events.at(-1);
      if (!isLast && last === undefined) continue;
      if (last) this.#lastGivenId = eventId(last);
      return update;
    }
  }

  async #fetchPage(): Promise<void> {
    let fetched: readonly HistoryEvent[] = [];
    while (this.#position !== 'end' && fetched.length === 0) {
      const page = await this.#fetch(this.#position.token);
      this.#position = page.nextPageToken.length > 0 ? { token: page.nextPageToken } : 'end';
      fetched = page.events;
    }
    this.#append(fetched);
    if (this.#position === 'end' && this.#events.length > 0) {
      this.#append(this.#finalEvents);
      this.#finalEvents = [];
    }
  }

  #append(events: readonly HistoryEvent[]): void {
    const lastId = Math.max(eventId(this.#events.at(-1)), this.#lastGivenId);
    for (const event of events) if (eventId(event) > lastId) this.#events.push(event);
  }
}
