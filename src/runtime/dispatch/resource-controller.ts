/** How much of something is in use: shares from 0 to 1. */
export interface ResourceUsage {
  readonly memory: number;
  readonly cpu: number;
}

/** How strongly the distance from the target and the last change count; as in the official worker. */
const GAIN = { distance: 5, change: 1 } as const;
/** A task more may start when the outputs of both are above these; as in the official worker. */
const THRESHOLD = { memory: 0.25, cpu: 0.05 } as const;

/** Says whether a machine has room for one more task, by what is in use of its memory and its processors. */
export class ResourceController {
  readonly #targets: ResourceUsage;
  readonly #usage: () => ResourceUsage;
  #last: ResourceUsage | undefined;

  /** @param targets how much should be in use. @param usage how much is. */
  constructor(targets: ResourceUsage, usage: () => ResourceUsage) {
    this.#targets = targets;
    this.#usage = usage;
  }

  /** Whether one more may start. To ask is to measure: the change since the last time counts. */
  hasRoom(): boolean {
    const usage = this.#usage();
    const last = this.#last ?? usage;
    this.#last = usage;
    const output = (which: keyof ResourceUsage): number =>
      GAIN.distance * (this.#targets[which] - usage[which]) - GAIN.change * (usage[which] - last[which]);
    return output('memory') > THRESHOLD.memory && output('cpu') > THRESHOLD.cpu && usage.memory <= this.#targets.memory;
  }
}
