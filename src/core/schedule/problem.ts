/** A schedule cannot be as it was asked for; the message is that of a Temporal server. */
export class ScheduleProblem extends Error {
  /** Always `ScheduleProblem`: to tell it apart without its class. */
  override readonly name = 'ScheduleProblem';
}
