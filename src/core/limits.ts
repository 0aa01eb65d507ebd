/*
 * What a Temporal server (1.29) allows by default. Sizes are bytes of encoded messages. Beside each limit stands the setting by which a server's operators may
 * change it; here they are fixed: what runs within them runs on any server.
 */

/** How many, and how large. */
export interface Amount {
  readonly count: number;
  readonly bytes: number;
}

/** The largest value: an input, a result, a failure, details, the answer to a query (`limit.blobSize.error`). */
export const BLOB_SIZE: number = 2 * 1024 * 1024;
/** From here on somebody is told of a value; and so much is kept of a failure that is larger (`limit.blobSize.warn`). */
export const BLOB_WARNING: number = 512 * 1024;
/** The largest memo, with all its entries (`limit.memoSize.error`). */
export const MEMO_SIZE: number = 2 * 1024 * 1024;
/** Events of a run, after which it is terminated (`limit.historyCount.error`). */
export const HISTORY_COUNT: number = 50 * 1024;
/** Size of a run's history, after which it is terminated (`limit.historySize.error`). */
export const HISTORY_SIZE: number = 50 * 1024 * 1024;
/** From here on somebody is told of a history (`limit.history{Count,Size}.warn`). */
export const HISTORY_WARNING: Amount = { count: 10 * 1024, bytes: 10 * 1024 * 1024 };
/** From here on workers are told to continue as new (`limit.history{Count,Size}.suggestContinueAsNew`). */
export const SUGGEST_CONTINUE_AS_NEW: Amount = { count: 4 * 1024, bytes: 4 * 1024 * 1024 };
/** What one change of a run may add to its history (`system.transactionSizeLimit`). */
export const TRANSACTION_SIZE: number = 4 * 1024 * 1024;
/** The largest request, as gRPC has it. */
export const MESSAGE_SIZE: number = 4 * 1024 * 1024;
/** Pending activities, children, signals to and cancel requests for other runs, of each kind (`limit.numPending*.error`). */
export const MOST_PENDING = 2000;
/** Signals that one run takes (`history.maximumSignalsPerExecution`). */
export const MOST_SIGNALS = 10_000;
/** Updates that a run may have accepted or be about to accept, and not completed (`history.maxInFlightUpdates`), and the size of all their requests. */
export const UPDATES_IN_FLIGHT: Amount = { count: 10, bytes: 20 * 1024 * 1024 };
/** Updates of one run in all (`history.maxTotalUpdates`), and from how many on workers are told to continue as new. */
export const TOTAL_UPDATES: { readonly most: number; readonly suggestContinueAsNew: number } = {
  most: 2000,
  suggestContinueAsNew: 1800,
};
/** What may wait for the end of a workflow task; then the task has to begin again (`history.maximumBufferedEvents*`). */
export const BUFFERED_EVENTS: Amount = { count: 100, bytes: 2 * 1024 * 1024 };
/** The last failure that is kept of an activity that is tried again (`limit.mutableStateActivityFailureSize.error`). */
export const RETRIED_FAILURE_SIZE: number = 4 * 1024;
/** Ids and names, in bytes of UTF-8 (`limit.maxIDLength`). */
export const LONGEST_ID = 1000;
/** Links of one request, and the size of each (`frontend.maxlinksPerRequest`, `frontend.linkMaxSize`). */
export const LINKS: Amount = { count: 10, bytes: 4000 };
