/**
 * Takes all steps back, from the last to the first, also past one that fails: the others hold files and connections. Takes each once.
 * @throws what the only step that failed threw; AggregateError for several.
 */
export async function releaseAll(steps: (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  const [first] = errors;
  if (errors.length === 1) throw first;
  if (errors.length === 0) return;
  const message = first instanceof Error ? first.message : String(first);
  throw new AggregateError(errors, `${message} (and ${errors.length - 1} more)`);
}
