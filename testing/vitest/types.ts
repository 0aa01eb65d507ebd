/** How much a run may have used. */
export interface RunLimits {
  /** In and out. */
  readonly tokens?: number;
  /** Calls of models. */
  readonly steps?: number;
  /** Calls of tools and agents. */
  readonly toolCalls?: number;
}

/**
 * Assertions about a run of an agent: a run of a test environment, any run handle, or a list of events. They look at what has happened so far, except for the
 * two about its end, which wait for it. All of them are to be awaited.
 */
export interface RunMatchers {
  /**
   * The agent has called a tool.
   * @param input its arguments; asymmetric matchers such as `expect.objectContaining` may be in there. Default: any.
   */
  toHaveCalledTool(name: string, input?: unknown): Promise<void>;
  /** The agent has called a tool so many times. */
  toHaveCalledToolTimes(name: string, times: number): Promise<void>;
  /**
   * The agent has called another agent.
   * @param input what that one was given. Default: anything.
   */
  toHaveCalledAgent(name: string, input?: unknown): Promise<void>;
  /**
   * The run has asked a person something: a question to the user, or an approval.
   * @param text a part of it, or what it matches.
   */
  toHaveAsked(text: string | RegExp): Promise<void>;
  /** The run completes with this output. Waits for its end. */
  toHaveCompletedWith(output: unknown): Promise<void>;
  /**
   * The run fails with an error of this type, e.g. `LimitExceeded`. Waits for its end.
   * @param message a part of it, or what it matches. Default: any.
   */
  toHaveFailedWith(type: string, message?: string | RegExp): Promise<void>;
  /** The run has used no more than this, its sub-agents included. */
  toHaveUsedAtMost(limits: RunLimits): Promise<void>;
}
