import type { WorkflowKey } from './runs.ts';

/**
 * Updates that come together with the start of their run. The run's first task waits for them: a workflow that ends with it would otherwise be over before
 * they are there.
 */
export class ExpectedUpdates {
  readonly #expected = new Map<string, PromiseWithResolvers<void>>();

  /** An update is on its way to the workflow id. It counts as such until `over`. */
  expect(workflow: WorkflowKey): void {
    const name = nameOf(workflow);
    if (!this.#expected.has(name)) this.#expected.set(name, Promise.withResolvers());
  }

  /** The update is there, or will not come. */
  over(workflow: WorkflowKey): void {
    const name = nameOf(workflow);
    this.#expected.get(name)?.resolve();
    this.#expected.delete(name);
  }

  /** Resolves when no update is on its way to the workflow id any more; `undefined` when none is. */
  until(workflow: WorkflowKey): Promise<void> | undefined {
    return this.#expected.size === 0 ? undefined : this.#expected.get(nameOf(workflow))?.promise;
  }
}

function nameOf({ namespace, workflowId }: WorkflowKey): string {
  return `${namespace}\0${workflowId}`;
}
