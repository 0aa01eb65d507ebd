/** The steps of the work, as in ../activities.ts: they do nothing. */
export const model = async (turn) => `model ${turn}`;
export const tool = async (turn) => `tool ${turn}`;

/** Five steps, one after another, as the workflow `fiveActivities` makes them. */
export async function fiveSteps({ model: callModel, tool: callTool }, input) {
  const seen = [input];
  for (let turn = 0; turn < 2; turn++) {
    seen.push(await callModel(seen.length));
    seen.push(await callTool(seen.length));
  }
  seen.push(await callModel(seen.length));
  return seen.length;
}

/** Measures an operation in milliseconds. @throws Error when its result is not the expected one. */
export async function timed(operation, expected) {
  const started = performance.now();
  const result = await operation();
  if (result !== expected)
    throw new Error(`wrong result: ${JSON.stringify(result)} instead of ${JSON.stringify(expected)}`);
  return performance.now() - started;
}

/** Results by the ids of their runs, whoever comes first. */
export class Results {
  #waiting = new Map();

  /** The result of a run that has not started yet. */
  of(id) {
    const waiting = Promise.withResolvers();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  give(id, result) {
    this.#waiting.get(id)?.resolve(result);
    this.#waiting.delete(id);
  }

  fail(id, reason) {
    this.#waiting.get(id)?.reject(new Error(reason));
    this.#waiting.delete(id);
  }
}
