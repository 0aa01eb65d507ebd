import type { WorkflowExecutionInfo } from '@temporalio/client';
import { AGENT_MEMO, AGENT_WORKFLOW, type Wait } from '../workflow/protocol/index.ts';
import { waitsOf } from './events/waits.ts';

/** How a run is. */
export type RunStatus = 'running' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out';

/** What is known of a run without asking its worker. */
export interface RunInfo {
  /** As given or made when it was started. */
  readonly id: string;
  /** The agent, or the type of the author's own workflow. */
  readonly agent: string;
  /** How it is. */
  readonly status: RunStatus;
  /** Where it looks for a worker. */
  readonly taskQueue: string;
  /** When it began; after it went on with a new history, when that was. */
  readonly startedAt: Date;
  /** When it ended. */
  readonly endedAt: Date | undefined;
  /** What it waits for, oldest first, its sub-agents' waits included. */
  readonly waits: readonly Wait[];
  /** Events of its history. */
  readonly historyLength: number;
}

const STATUSES: Readonly<Record<string, RunStatus>> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
  // The chain goes on; whoever asks for the id is told of its newest run.
  CONTINUED_AS_NEW: 'running',
  PAUSED: 'paused',
};

/** The server's names of a status, for queries. */
export const STATUS_QUERIES: Readonly<Record<RunStatus, string>> = {
  running: 'Running',
  paused: 'Paused',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  timed_out: 'TimedOut',
};

/** What a description or a row of a list says about a run. */
export function runInfo(info: Omit<WorkflowExecutionInfo, 'raw'>): RunInfo {
  const status = STATUSES[info.status.name] ?? 'running';
  return {
    id: info.workflowId,
    agent: agentOf(info),
    status,
    taskQueue: info.taskQueue,
    startedAt: info.startTime,
    endedAt: info.closeTime,
    waits: status === 'running' || status === 'paused' ? waitsOf(info.memo) : [],
    historyLength: info.historyLength,
  };
}

function agentOf({ memo, type, workflowId }: Omit<WorkflowExecutionInfo, 'raw'>): string {
  const agent = memo?.[AGENT_MEMO];
  if (typeof agent === 'string') return agent;
  if (type !== AGENT_WORKFLOW) return type;
  // A sub-agent's run is named after its call: `<caller's run>/<call>.<agent>`.
  return /\/[^/]+\.([^/.]+)$/.exec(workflowId)?.[1] ?? workflowId;
}
