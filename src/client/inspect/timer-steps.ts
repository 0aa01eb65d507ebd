import type { PayloadReader } from '../../agent/conversation/payloads.ts';
import { type Draft, end, type NewStep, type Told } from './step-draft.ts';

/** Timers of one run of an author's own workflow. */
export class TimerSteps {
  readonly #payloads: PayloadReader;
  readonly #workflowId: string;
  /** By the event that started them. */
  readonly #open = new Map<number, Draft>();

  constructor(payloads: PayloadReader, workflowId: string) {
    this.#payloads = payloads;
    this.#workflowId = workflowId;
  }

  /** Those that have not ended. */
  get open(): Iterable<Draft> {
    return this.#open.values();
  }

  /** The step that an event begins, if it does. */
  async started({ event, at }: Told): Promise<NewStep | undefined> {
    const timer = event.timerStartedEventAttributes;
    if (!timer) return undefined;
    const { summary } = event.userMetadata ?? {};
    const text = summary && (await this.#payloads.first({ payloads: [summary] }, { workflowId: this.#workflowId }));
    const { seconds, nanos } = timer.startToFireTimeout ?? {};
    return {
      step: {
        kind: 'timer',
        name: typeof text === 'string' ? text : (timer.timerId ?? ''),
        status: 'running',
        attempts: 1,
        scheduledAt: at,
        startedAt: at,
        input: Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6,
      },
    };
  }

  /** Keeps a step until its end is known. */
  keep(eventId: number, draft: Draft): void {
    this.#open.set(eventId, draft);
  }

  /** An event may say that a timer has ended. */
  told({ event, at }: Told): void {
    const fired = event.timerFiredEventAttributes;
    const startedEventId = Number((fired ?? event.timerCanceledEventAttributes)?.startedEventId);
    const draft = this.#open.get(startedEventId);
    if (draft === undefined) return;
    this.#open.delete(startedEventId);
    end(draft, at, { status: fired ? 'completed' : 'cancelled' });
  }
}
