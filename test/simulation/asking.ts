import { grpcStatus, isServiceError } from '../../src/runtime/errors.ts';
import type { Ledger } from './ledger.ts';
import type { Owner, World } from './world.ts';

const passing: readonly number[] = [
  grpcStatus.UNAVAILABLE,
  grpcStatus.DEADLINE_EXCEEDED,
  grpcStatus.RESOURCE_EXHAUSTED,
  grpcStatus.CANCELLED,
];

/** Asks until there is an answer, as clients do. */
export class Asking {
  readonly #world: World;
  readonly #owner: Owner;
  readonly #ledger: Ledger;

  constructor(world: World, owner: Owner, ledger: Ledger) {
    this.#world = world;
    this.#owner = owner;
    this.#ledger = ledger;
  }

  /** Asks until there is an answer that stays. @returns nothing when it is a refusal. */
  async ask<T>(call: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        const answer = await call();
        // The answer may get lost as well, and the same request come once more.
        if (this.#world.random.chance(0.15)) void call().catch((error: unknown) => this.judge(error));
        return answer;
      } catch (error) {
        if (!this.judge(error)) return undefined;
        await this.#owner.sleep(200);
      }
    }
  }

  /** @returns whether it may go away by itself. */
  judge(error: unknown): boolean {
    if (!isServiceError(error)) throw error;
    if (error.code === grpcStatus.INTERNAL)
      this.#ledger.problems.push(`${this.#owner.name} was told: ${String(error)}`);
    return passing.includes(error.code);
  }
}
