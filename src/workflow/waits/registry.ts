import { ApplicationFailure } from '@temporalio/common';
import { FAILURE, type Wait, type WaitAnswer, type WaitOutcome } from '../protocol/index.ts';
import { checkOutcome, isTooLarge } from './checking.ts';
import { findWait, type Refusal } from './matching.ts';

/** A wait of this run. */
interface OwnWait {
  readonly wait: Wait;
  /** Whether others are told of it. A wait that only is expected takes answers all the same. */
  listed: boolean;
  outcome?: WaitOutcome;
}

/** What becomes of an answer. */
export type Delivery =
  /** It was for a wait of this run. */
  | { readonly to: 'own'; readonly wait: Wait; readonly wasListed: boolean }
  /** It is for a sub-agent, which has to be sent it. */
  | { readonly to: 'below'; readonly wait: Wait; readonly answer: WaitAnswer }
  /** It came before anybody asked. */
  | { readonly to: 'later' }
  | { readonly to: 'nobody'; readonly refused: Refusal };

/**
 * The waits that a run knows: its own and, at the root, those of all agents below. It decides what an answer is for; the first one wins. Telling
 * others is somebody else's work.
 */
export class WaitRegistry {
  readonly #own = new Map<string, OwnWait>();
  readonly #below = new Map<string, Wait>();
  #early: readonly WaitAnswer[] = [];

  /** @param early what users said before anybody asked. */
  constructor(early: readonly WaitAnswer[] = []) {
    this.#early = early;
  }

  /**
   * Opens a wait of this run, or expects one.
   * @returns whether an early answer was there for it.
   * @throws ApplicationFailure `InvalidInput` when a wait of this id has not ended: it would never hear of its answer.
   */
  open(wait: Wait, listed: boolean): boolean {
    if (this.#own.has(wait.id))
      throw ApplicationFailure.nonRetryable(
        `The id ${wait.id} is in use: something waits by it already. Give each wait of a run an id of its own.`,
        FAILURE.invalidInput,
      );
    const own: OwnWait = { wait, listed };
    this.#own.set(wait.id, own);
    const early = this.#takeEarly(wait);
    if (early) own.outcome = early.outcome;
    return early !== undefined;
  }

  /** Makes a wait that was only expected an open one. @returns the wait, unless it is answered already or was open before. */
  list(id: string): Wait | undefined {
    const own = this.#own.get(id);
    if (!own || own.listed || own.outcome) return undefined;
    own.listed = true;
    return own.wait;
  }

  /** A wait of an agent below. @returns an early answer for it. */
  openBelow(wait: Wait): WaitAnswer | undefined {
    const early = this.#takeEarly(wait);
    if (!early) this.#below.set(wait.id, wait);
    return early && { ...early, waitId: wait.id };
  }

  /** A wait of an agent below is over. @returns whether it was known. */
  closeBelow(id: string): boolean {
    return this.#below.delete(id);
  }

  /** An agent below is gone, and with it all that were below it. @returns their waits. */
  dropBelow(workflowId: string): readonly Wait[] {
    const gone = [...this.#below.values()].filter(
      (wait) => wait.workflowId === workflowId || wait.workflowId.startsWith(`${workflowId}/`),
    );
    for (const wait of gone) this.#below.delete(wait.id);
    return gone;
  }

  /** Ends a wait of this run. @returns what came of it, and whether others still take it for open. */
  close(id: string): { readonly outcome: WaitOutcome | undefined; readonly wasOpen: boolean } {
    const own = this.#own.get(id);
    this.#own.delete(id);
    return { outcome: own?.outcome, wasOpen: own !== undefined && own.listed && own.outcome === undefined };
  }

  /** A wait of this run that has not ended. */
  find(id: string): Wait | undefined {
    return this.#own.get(id)?.wait;
  }

  /** Whether a wait of this run has its answer. */
  answered(id: string): boolean {
    return this.#own.get(id)?.outcome !== undefined;
  }

  /** Whether a wait of this run is open, listed and without an answer. */
  waiting(id: string): boolean {
    const own = this.#own.get(id);
    return own !== undefined && own.listed && own.outcome === undefined;
  }

  /** Why an answer would not be taken. */
  refusal(answer: WaitAnswer): Refusal | undefined {
    const match = findWait(answer, this.#unanswered());
    return 'refused' in match ? match.refused : checkOutcome(match.wait, answer.outcome);
  }

  /** Takes an answer. @param keep whether text that nobody has asked for waits for the next question. */
  accept(answer: WaitAnswer, keep: boolean): Delivery {
    const match = findWait(answer, this.#unanswered());
    if ('refused' in match) {
      const unasked = answer.kind === 'input' && answer.waitId === undefined && !this.#asks();
      if (!keep || !unasked || isTooLarge(answer.outcome)) return { to: 'nobody', refused: match.refused };
      this.#early = [...this.#early, answer];
      return { to: 'later' };
    }
    const refused = checkOutcome(match.wait, answer.outcome);
    if (refused) return { to: 'nobody', refused };
    const own = this.#own.get(match.wait.id);
    if (own) {
      own.outcome = answer.outcome;
      return { to: 'own', wait: match.wait, wasListed: own.listed };
    }
    this.#below.delete(match.wait.id);
    return { to: 'below', wait: match.wait, answer: { ...answer, waitId: match.wait.id } };
  }

  /** All waits that others are told of. */
  get listed(): readonly Wait[] {
    const own = [...this.#own.values()].filter((one) => one.listed && !one.outcome).map((one) => one.wait);
    return [...own, ...this.#below.values()];
  }

  /** What users said before anybody asked. */
  get early(): readonly WaitAnswer[] {
    return this.#early;
  }

  #unanswered(): readonly Wait[] {
    const own = [...this.#own.values()].filter((one) => !one.outcome).map((one) => one.wait);
    return [...own, ...this.#below.values()];
  }

  #asks(): boolean {
    return this.#unanswered().some((wait) => wait.kind === 'input');
  }

  /** The first early answer that fits. */
  #takeEarly(wait: Wait): WaitAnswer | undefined {
    if (wait.kind !== 'input') return undefined;
    const early = this.#early.find((answer) => checkOutcome(wait, answer.outcome) === undefined);
    if (early) this.#early = this.#early.filter((answer) => answer !== early);
    return early;
  }
}
