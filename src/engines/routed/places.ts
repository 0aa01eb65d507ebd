import type { temporal } from '@temporalio/proto';
import { toMillis, WorkflowExecutionStatus } from '../../core/proto.ts';
import { grpcStatus, hasCode } from '../../runtime/errors.ts';
import type { ResponseOf } from '../../runtime/service.ts';
import type { Part } from './part.ts';

/** How many runs are remembered. */
const REMEMBERED = 10_000;

/** The run that a workflow id stands for on an engine. */
export interface Found {
  readonly part: Part;
  readonly runId: string;
  readonly isOpen: boolean;
  /** It may be one that is being moved: another engine may have it already. */
  readonly isPaused: boolean;
  readonly status: temporal.api.enums.v1.WorkflowExecutionStatus;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly description: ResponseOf<'describeWorkflowExecution'>;
}

/** Where runs are: the engines are asked, and what they said is remembered as long as it helps. */
export class Places {
  readonly #parts: readonly Part[];
  readonly #remembered = new Map<string, Part>();
  readonly #limit: number;

  constructor(parts: readonly Part[], limit: number = REMEMBERED) {
    this.#parts = parts;
    this.#limit = limit;
  }

  /** A run is there; a run id never moves, a workflow id may. */
  note(part: Part, workflowId: string, runId?: string | null): void {
    this.#remember(keyOf(workflowId), part);
    if (runId) this.#remember(keyOf(workflowId, runId), part);
  }

  /** Where a workflow id was last; it may have been started elsewhere since. */
  last(workflowId: string): Part | undefined {
    return this.#remembered.get(keyOf(workflowId));
  }

  /** The engine of a run. @returns `undefined` when none has it. @throws what an engine answers that cannot say. */
  async ofRun(workflowId: string, runId: string): Promise<Part | undefined> {
    const key = keyOf(workflowId, runId);
    const known = this.#remembered.get(key) ?? (this.#parts.length === 1 ? this.#parts[0] : undefined);
    if (known !== undefined) return known;
    const found = await this.#ask(this.#parts, { workflowId, runId }, () => true);
    if (found !== undefined) this.#remember(key, found.part);
    return found?.part;
  }

  /**
   * The run that a workflow id stands for: the open one, or the newest.
   * @returns `undefined` when no engine has one. @throws what an engine answers that cannot say.
   */
  async current(workflowId: string): Promise<Found | undefined> {
    const last = this.last(workflowId);
    const known = last && (await this.#ask([last], { workflowId }, () => true));
    if (known !== undefined && isGoingOn(known)) return known;
    const found = await this.newest(workflowId, this.#parts);
    if (found !== undefined) this.note(found.part, workflowId, found.runId);
    return found;
  }

  /** As `current`, among some of the engines, all of which are asked. */
  async newest(workflowId: string, parts: readonly Part[]): Promise<Found | undefined> {
    return await this.#ask(parts, { workflowId }, isGoingOn);
  }

  /** Asks all at once, and is content with the first answer that is `enough`; otherwise the newest run counts. */
  async #ask(
    parts: readonly Part[],
    execution: { readonly workflowId: string; readonly runId?: string },
    enough: (found: Found) => boolean,
  ): Promise<Found | undefined> {
    const answers = parts.map((part) => describe(part, execution));
    const first = Promise.any(
      answers.map(async (answer) => {
        const found = await answer;
        if (found === undefined || !enough(found)) throw new NotEnough();
        return found;
      }),
    );
    const found = await first.catch(() => undefined);
    if (found !== undefined) return found;
    const all = (await Promise.all(answers)).filter((each) => each !== undefined);
    return all.toSorted((a, b) => Number(b.isOpen) - Number(a.isOpen) || b.startedAt - a.startedAt)[0];
  }

  #remember(key: string, part: Part): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, part);
    if (this.#remembered.size <= this.#limit) return;
    const [oldest = ''] = this.#remembered.keys();
    this.#remembered.delete(oldest);
  }
}

function isGoingOn({ isOpen, isPaused }: Found): boolean {
  return isOpen && !isPaused;
}

class NotEnough extends Error {}

async function describe(
  part: Part,
  execution: { readonly workflowId: string; readonly runId?: string },
): Promise<Found | undefined> {
  try {
    const description = await part.call('describeWorkflowExecution', { execution });
    const { execution: run, closeTime, startTime, status } = description.workflowExecutionInfo ?? {};
    return {
      part,
      runId: run?.runId ?? '',
      isOpen: !closeTime,
      isPaused: status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_PAUSED,
      status: status ?? 0,
      startedAt: toMillis(startTime) ?? 0,
      description,
    };
  } catch (error) {
    // An id that makes no sense to an engine is none of its runs.
    if (hasCode(error, grpcStatus.NOT_FOUND, grpcStatus.INVALID_ARGUMENT)) return undefined;
    throw error;
  }
}

function keyOf(workflowId: string, runId = ''): string {
  return `${runId}/${workflowId}`;
}
