import { ApplicationFailure, condition, log, upsertMemo, workflowInfo } from '@temporalio/workflow';
import { waitId } from '../agent/ids.ts';
import { summaryOf } from '../agent/summary.ts';
import {
  ANSWER_REFUSED,
  DELIVER_ANSWER,
  WAIT_CHANGED,
  WAIT_MEMO_PREFIX,
  type Lineage,
  type Wait,
  type WaitAnswer,
  type WaitChange,
  type WaitKind,
  type WaitOutcome,
} from '../protocol/index.ts';
import type { Outbox } from '../session/outbox.ts';
import { readFullAnswer } from '../session/reading.ts';
import { clip } from './clip.ts';
import { WaitRegistry } from './registry.ts';

/** What a run wants to wait for. */
export interface WaitRequest extends Pick<Wait, 'message' | 'schema' | 'call' | 'maxBytes'> {
  /** Unique in the run; the wait's id is made from it. */
  readonly name: string;
  readonly kind: WaitKind;
  /** How long, in milliseconds. Without one: as long as the run lasts. */
  readonly timeout?: number;
}

/** Who waits. */
export interface Waiter {
  /** The agent's name, or the type of an author's own workflow. */
  readonly agent: string;
  readonly lineage: Lineage | undefined;
  readonly outbox: Outbox;
  /** Called when the root is gone. */
  readonly onOrphaned: () => void;
}

/** Waits handed over by the run before. */
export interface CarriedWaits {
  readonly waits: readonly Wait[];
  readonly answers: readonly WaitAnswer[];
}

/** The waits of a run at work: listed in the root's memo, answered by update or signal, timed out, and carried over to the next run. */
export class Waits {
  readonly #waiter: Waiter;
  readonly #registry: WaitRegistry;
  /** Own waits of the run before that nobody has taken up yet. */
  readonly #carried = new Map<string, Wait>();
  readonly #workflowId = workflowInfo().workflowId;

  constructor(waiter: Waiter, carried?: CarriedWaits) {
    this.#waiter = waiter;
    this.#registry = new WaitRegistry(carried?.answers);
    for (const wait of carried?.waits ?? []) {
      if (wait.workflowId !== this.#workflowId) this.#registry.openBelow(wait);
      else {
        this.#carried.set(wait.id, wait);
        this.#registry.open(wait, true);
      }
    }
  }

  /** Waits. @returns what came of it; `undefined` when nobody answered in time. */
  async ask(request: WaitRequest): Promise<WaitOutcome | undefined> {
    this.#open(request, true);
    return await this.outcome(request.name);
  }

  /** Takes answers from now on without telling anybody that there is a wait. */
  expect(request: WaitRequest): void {
    this.#open(request, false);
  }

  /** Tells of a wait that was only expected. */
  list(name: string): void {
    const wait = this.#registry.list(this.id(name));
    if (wait) this.#tell({ type: 'opened', wait });
  }

  /** Awaits the outcome of a wait and ends it. @returns `undefined` when nobody answered in time. */
  async outcome(name: string): Promise<WaitOutcome | undefined> {
    const id = this.id(name);
    const answered = (): boolean => this.#registry.answered(id);
    const expiresAt = this.#registry.find(id)?.expiresAt;
    try {
      if (answered()) return this.close(name);
      if (expiresAt === undefined) await condition(answered);
      else
        await condition(answered, Math.max(1, Date.parse(expiresAt) - Date.now()), {
          summary: summaryOf(`wait ${name}`),
        });
    } catch (error) {
      // Who is cancelled together with the answer has to know it all the same: what was done can only be undone when it is known.
      const outcome = this.close(name);
      if (outcome) return outcome;
      throw error;
    }
    return this.close(name);
  }

  /** Ends a wait. @returns the answer that it has got. */
  close(name: string): WaitOutcome | undefined {
    const id = this.id(name);
    const { outcome, wasOpen } = this.#registry.close(id);
    if (wasOpen) this.#tell({ type: 'closed', waitId: id });
    return outcome;
  }

  /** Whether a wait has its answer. */
  answered(name: string): boolean {
    return this.#registry.answered(this.id(name));
  }

  /** When a wait that has not ended was opened, in milliseconds since the epoch. */
  openedAt(name: string): number | undefined {
    const wait = this.#registry.find(this.id(name));
    return wait && Date.parse(wait.openedAt);
  }

  /** Whether others know of a wait, and it has no answer yet. */
  waiting(name: string): boolean {
    return this.#registry.waiting(this.id(name));
  }

  /** @throws ApplicationFailure of a type of `ANSWER_REFUSED`. */
  check(answer: WaitAnswer): void {
    if (!readFullAnswer(answer))
      throw ApplicationFailure.nonRetryable(
        'An answer is { waitId?, kind, outcome }; outcome is a value or an error.',
        ANSWER_REFUSED.invalid,
      );
    const refused = this.#registry.refusal(answer);
    if (refused) throw ApplicationFailure.nonRetryable(refused.message, refused.type);
  }

  /** Takes an answer. @throws ApplicationFailure of a type of `ANSWER_REFUSED`. */
  accept(answer: WaitAnswer): void {
    this.check(answer);
    this.#deliver(answer, false);
  }

  /** Takes an answer that came by signal: nobody can be told when it is refused. */
  receive(answer: WaitAnswer | undefined): void {
    if (answer) this.#deliver(answer, true);
    else log.warn('A signal with an answer was ignored: it is none.');
  }

  /** Takes an answer that the root sent. It knows already that the wait is over. */
  receiveFromRoot(answer: WaitAnswer): void {
    this.#registry.accept(answer, false);
  }

  /** An agent below waits, or no longer waits. */
  changed(change: WaitChange): void {
    if (change.type === 'closed') {
      if (this.#registry.closeBelow(change.waitId)) this.#unlist(change.waitId);
      return;
    }
    if (change.type === 'dropped') {
      this.#forgetBelow(change.workflowId);
      return;
    }
    const early = this.#registry.openBelow(change.wait);
    if (early) void this.#waiter.outbox.send(change.wait.workflowId, DELIVER_ANSWER, early);
    else upsertMemo({ [WAIT_MEMO_PREFIX + change.wait.id]: change.wait });
  }

  /** An agent below has ended: nothing below it waits any more. @param silently without a word, so that the root does not know. */
  dropBelow(workflowId: string, silently: boolean): void {
    this.#forgetBelow(workflowId);
    if (silently && this.#waiter.lineage) this.#tell({ type: 'dropped', workflowId });
  }

  /** The open waits of this run and of those below it. */
  get open(): readonly Wait[] {
    return this.#registry.listed;
  }

  /** For the run that continues this one. */
  carry(): CarriedWaits {
    return { waits: this.#registry.listed, answers: this.#registry.early };
  }

  /** The id of the wait of this name. */
  id(name: string): string {
    return waitId(this.#waiter.lineage?.path ?? '', name);
  }

  #open(request: WaitRequest, listed: boolean): void {
    const id = this.id(request.name);
    if (this.#carried.delete(id)) return; // it has been open since the run before
    const wait = makeWait(id, request, this.#waiter.agent, this.#workflowId);
    const answered = this.#registry.open(wait, listed);
    if (listed && !answered) this.#tell({ type: 'opened', wait });
  }

  #deliver(answer: WaitAnswer, keep: boolean): void {
    const delivery = this.#registry.accept(answer, keep);
    if (delivery.to === 'nobody') log.warn(`An answer was ignored. ${delivery.refused.message}`);
    else if (delivery.to === 'own' && delivery.wasListed) this.#tell({ type: 'closed', waitId: delivery.wait.id });
    else if (delivery.to === 'below') {
      this.#unlist(delivery.wait.id);
      void this.#waiter.outbox.send(delivery.wait.workflowId, DELIVER_ANSWER, delivery.answer);
    }
  }

  #forgetBelow(workflowId: string): void {
    for (const wait of this.#registry.dropBelow(workflowId)) this.#unlist(wait.id);
  }

  #tell(change: WaitChange): void {
    const { lineage, outbox, onOrphaned } = this.#waiter;
    if (lineage) {
      void outbox.send(lineage.rootWorkflowId, WAIT_CHANGED, change).then((arrived) => arrived || onOrphaned());
    } else if (change.type === 'opened') upsertMemo({ [WAIT_MEMO_PREFIX + change.wait.id]: change.wait });
    else if (change.type === 'closed') this.#unlist(change.waitId);
  }

  #unlist(id: string): void {
    // eslint-disable-next-line unicorn/no-null -- what removes a field
    upsertMemo({ [WAIT_MEMO_PREFIX + id]: null });
  }
}

function makeWait(id: string, request: WaitRequest, agent: string, workflowId: string): Wait {
  const { kind, message, schema, call, timeout, maxBytes } = request;
  const now = Date.now();
  return {
    id,
    kind,
    agent,
    workflowId,
    message: clip(message),
    ...(schema ? { schema } : {}),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(call ? { call: { ...call, input: clip(call.input) } } : {}),
    openedAt: new Date(now).toISOString(),
    ...(timeout === undefined ? {} : { expiresAt: new Date(now + timeout).toISOString() }),
  };
}
