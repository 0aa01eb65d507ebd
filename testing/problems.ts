/** Takes problems that a test environment finds when it ends. @returns whether it will tell of them. */
export type ProblemSink = (error: Error) => boolean;

let sink: ProblemSink | undefined;

/**
 * Lets a test runner tell of problems beside the failure of the test itself. What is thrown while a test's resources are let go would hide
 * that failure.
 */
export function setProblemSink(next: ProblemSink): void {
  sink = next;
}

/** Tells of problems. @throws Error with all of them, when nobody else tells. */
export function report(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const error = new Error(
    problems.length === 1
      ? `The test environment found a problem.\n\n${problems[0]}`
      : `The test environment found ${problems.length} problems.\n\n${problems.join('\n\n')}`,
  );
  if (sink?.(error) !== true) throw error;
}
