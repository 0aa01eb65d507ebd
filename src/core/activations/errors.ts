import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { WorkflowTaskFailedCause } from '../proto.ts';

const { EvictionReason } = proto.coresdk.workflow_activation.RemoveFromCache;

type EvictionReasonValue = coresdk.workflow_activation.RemoveFromCache.EvictionReason;
type CompletionFailure = coresdk.workflow_completion.IFailure;

/** Why the state machines of a run cannot go on. Thrown inside the machines, turned into a failed workflow task by the run. */
export class MachinesError extends Error {
  override readonly name = 'MachinesError';
  /** `nondeterminism`: code and history disagree. `fatal`: the history, or this core, is broken. */
  readonly kind: 'nondeterminism' | 'fatal';

  constructor(kind: 'nondeterminism' | 'fatal', detail: string) {
    super(
      kind === 'nondeterminism'
        ? `[TMPRL1100] Nondeterminism error: ${detail}`
        : `Fatal error in workflow machines: ${detail}`,
    );
    this.kind = kind;
  }

  get evictionReason(): EvictionReasonValue {
    return this.kind === 'nondeterminism' ? EvictionReason.NONDETERMINISM : EvictionReason.FATAL;
  }

  /** The failure as a completion of an activation would carry it. */
  toCompletionFailure(): CompletionFailure {
    return {
      failure: applicationFailure(this.message, false),
      forceCause:
        this.kind === 'nondeterminism'
          ? WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
          : WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNSPECIFIED,
    };
  }
}

/** History and code disagree. */
export function nondeterminism(detail: string): MachinesError {
  return new MachinesError('nondeterminism', detail);
}

/** The history is broken, or this core is. */
export function fatal(detail: string): MachinesError {
  return new MachinesError('fatal', detail);
}

/** Any thrown value as an error of the machines. */
export function asMachinesError(error: unknown): MachinesError {
  if (error instanceof MachinesError) return error;
  return fatal(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** A failure that a worker reports about itself. */
export function applicationFailure(message: string, nonRetryable: boolean): NonNullable<CompletionFailure['failure']> {
  return { message, applicationFailureInfo: { nonRetryable } };
}
