/** The activities of the workloads: they do nothing, so that what is measured is the cost around them. */
export const activities: Activities = {
  model: async (turn) => `model ${turn}`,
  tool: async (turn) => `tool ${turn}`,
};

/** The activities as workflows see them. */
export interface Activities {
  /** Stands for a call of a model. */
  model(turn: number): Promise<string>;
  /** Stands for a call of a tool. */
  tool(turn: number): Promise<string>;
}
