/** A change would take a run, or what is asked of it, beyond a limit. Nothing is changed. The message is that of a Temporal server. */
export class LimitExceeded extends Error {
  override readonly name = 'LimitExceeded';
}

/** A run's history has become too long or too large: the run is to be terminated, for this reason. */
export class HistoryLimitExceeded extends LimitExceeded {}

/** One change would add more to a run's history than can be stored at a time. */
export class TransactionLimitExceeded extends LimitExceeded {}
