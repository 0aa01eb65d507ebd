import type { RedisClient } from './redis.ts';

/** What is watched. */
export interface ConsumptionOptions {
  readonly client: RedisClient;
  /** Prefix of the queue's keys. */
  readonly queue: string;
  /** Jobs that this process may have at once. */
  readonly capacity: number;
}

/** Whether this process takes jobs of a queue that wait: a worker may live, and yet take nothing any more. */
export class Consumption {
  readonly #options: ConsumptionOptions;
  #here = 0;
  #taken = 0;
  /** Jobs that had been taken when some waited at the last look; `undefined` when none did that this process could have taken. */
  #suspected: number | undefined;

  constructor(options: ConsumptionOptions) {
    this.#options = options;
  }

  /** A job was taken. @returns what is called when this process has it no more. */
  took(): () => void {
    this.#taken++;
    this.#here++;
    return () => void this.#here--;
  }

  /** @returns whether jobs wait that this process could have taken, now and at the look before, and it took none between. */
  async isStuck(): Promise<boolean> {
    const taken = this.#taken;
    const couldTake = await this.#couldTake();
    const isStuck = couldTake && this.#suspected === taken && this.#taken === taken;
    this.#suspected = couldTake ? taken : undefined;
    return isStuck;
  }

  async #couldTake(): Promise<boolean> {
    const { client, queue, capacity } = this.#options;
    if (this.#here >= capacity) return false;
    const [waiting, prioritized, active, isLimited, [paused, bound]] = await Promise.all([
      client.llen(`${queue}wait`),
      client.zcard(`${queue}prioritized`),
      client.llen(`${queue}active`),
      client.exists(`${queue}limiter`),
      client.hmget(`${queue}meta`, 'paused', 'concurrency'),
    ]);
    if (waiting + prioritized === 0 || isLimited === 1 || paused) return false;
    return !bound || active < Number(bound);
  }
}
