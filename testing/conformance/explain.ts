/** What a failure says, link by link, as plain data: the same inside a workflow and outside. */
export interface Explained {
  readonly name: string;
  readonly message: string;
  readonly [detail: string]: unknown;
}

const details = [
  'type',
  'nonRetryable',
  'details',
  'category',
  'activityType',
  'activityId',
  'workflowType',
  'retryState',
  'timeoutType',
  'lastHeartbeatDetails',
] as const;

/** The failure and its causes, outermost first. Stack traces, identities and what is not set are left out. */
export function explain(error: unknown): Explained[] {
  const chain: Explained[] = [];
  for (let link = error; link instanceof Object; link = (link as Error).cause) {
    const { name, message } = link as Error;
    const explained: Record<string, unknown> = {};
    for (const key of details) {
      const value = (link as unknown as Record<string, unknown>)[key];
      if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0))
        explained[key] = value;
    }
    chain.push({ name, message, ...explained });
  }
  return chain;
}
