import type { RunKey } from '../../core/record.ts';
import type { Channels } from './channels.ts';
import type { Shared } from './shared.ts';

/** What watches need. */
export interface WatchesOptions extends Pick<Shared, 'keys' | 'process' | 'store' | 'frontend' | 'onError'> {
  readonly channels: Channels;
}

/** Runs that somebody in this process waits for. */
export class Watches {
  readonly #options: WatchesOptions;
  readonly #looks = new Set<() => void>();

  constructor(options: WatchesOptions) {
    this.#options = options;
    options.channels.onBack(() => {
      for (const look of this.#looks) look();
    });
  }

  /** Tells the frontend about the run from now on, beginning with how it is. @returns a function that ends it. */
  watch(run: RunKey): () => void {
    const { channels, keys, process } = this.#options;
    const look = this.#looker(run);
    const news = `\0${run.runId}`;
    const { ready, end } = channels.listen(keys.workflowChannel(run.namespace, run.workflowId), (message) => {
      if (message.endsWith(news) && !message.startsWith(process)) look();
    });
    void ready.then(look);
    this.#looks.add(look);
    return () => {
      this.#looks.delete(look);
      end();
    };
  }

  /** Looks at the run; what is asked for while it looks is answered by one more look. */
  #looker(run: RunKey): () => void {
    let state: 'idle' | 'looking' | 'again' = 'idle';
    const look = async (): Promise<void> => {
      if (state !== 'idle') {
        state = 'again';
        return;
      }
      state = 'looking';
      try {
        const stored = await this.#options.store.load(run);
        if (stored !== undefined) this.#options.frontend().changed(stored.record);
      } catch (error) {
        this.#options.onError(error);
      }
      const isAskedAgain = (state as string) === 'again';
      state = 'idle';
      if (isAskedAgain) await look();
    };
    return () => void look();
  }
}
