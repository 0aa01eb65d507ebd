const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Tells when this process is asked to end. */
export interface StopSignal extends Disposable {
  /** Resolves then. */
  readonly asked: Promise<void>;
}

/** Begins to listen for SIGINT, SIGTERM and SIGHUP. They may come more than once: a terminal and npm both pass on Ctrl+C. */
export function stopSignal(): StopSignal {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const onSignal = (): void => resolve();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    asked,
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
