import { setProblemSink } from '../problems.ts';

/** What a test runner does around each test. */
export interface Hooks {
  /** Before it. */
  readonly beforeEach: (hook: () => void) => void;
  /** After it; what this throws is shown beside the test's own failure. */
  readonly afterEach: (hook: () => void) => void;
}

/** Makes vitest show what test environments find beside the failure of the test itself. */
export function tellProblems({ beforeEach, afterEach }: Hooks): void {
  let running = 0;
  let found: Error[] = [];
  setProblemSink((error) => {
    if (running === 0) return false;
    found.push(error);
    return true;
  });
  beforeEach(() => {
    running++;
  });
  afterEach(() => {
    running--;
    const errors = found;
    found = [];
    if (errors.length > 1) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n\n'));
    if (errors[0] !== undefined) throw errors[0];
  });
}
