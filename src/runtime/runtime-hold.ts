import type { Runtime } from '../official.ts';

/** What the official `Runtime` keeps for itself: it shuts down, signal handlers included, when nothing is in `backRefs` any more. */
interface RuntimeInternals {
  readonly backRefs: Set<object>;
  shutdownIfIdle(): Promise<void>;
}

/**
 * Keeps the official runtime alive for a worker that has nothing native in it, as it would be for an official worker.
 * @returns a function that ends it, and shuts the runtime down when nobody else needs it. Calling it twice does nothing.
 */
export function holdRuntime(runtime: Runtime, holder: object): () => Promise<void> {
  const { backRefs } = internals(runtime);
  backRefs.add(holder);
  return async () => {
    if (backRefs.delete(holder)) await internals(runtime).shutdownIfIdle();
  };
}

function internals(runtime: Runtime): RuntimeInternals {
  return runtime as unknown as RuntimeInternals;
}
