/** A task and when it is due. */
export interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/** Timers in the order in which they are due; those of the same time in the order in which they were added. */
export class TimerQueue {
  private readonly timers: Timer[] = [];

  /** @returns a function that removes the timer. */
  add(timer: Timer): () => void {
    this.timers.splice(this.firstAfter(timer.at), 0, timer);
    return () => {
      const index = this.timers.indexOf(timer);
      if (index >= 0) this.timers.splice(index, 1);
    };
  }

  /** The timer that is due next. */
  peek(): Timer | undefined {
    return this.timers[0];
  }

  /** Removes the timer that is due next. */
  take(): Timer | undefined {
    return this.timers.shift();
  }

  private firstAfter(at: number): number {
    let low = 0;
    let high = this.timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.timers[middle]?.at ?? Infinity) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
