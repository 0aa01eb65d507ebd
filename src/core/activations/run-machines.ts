import type { coresdk } from '@temporalio/proto';
import { applyLangCommands } from './command-intake.ts';
import { applyNextTask } from './history-intake.ts';
import type { HistoryUpdate } from './history-update.ts';
import { applyKnownResolutions, requestLocalWork, resolveLocalActivity } from './local/intake.ts';
import type { LocalResolution } from './local/types.ts';
import type { UpdateRequest } from './machines/update.ts';
import { RunState } from './run-state.ts';

type LangCommand = coresdk.workflow_commands.IWorkflowCommand;

/**
 * Drives one run: history and messages go in, jobs for the language side come out; its commands go in, commands for the server come out.
 * Knows no I/O and no clock. Any method may throw a `MachinesError`, after which the run must be dropped and replayed.
 */
export class RunMachines extends RunState {
  /** False when more history must be fetched before {@link applyNextTask}. */
  get readyForNextTask(): boolean {
    return this.history?.canTakeNextTask(this.currentStartedId) ?? true;
  }

  /** Takes a new workflow task from the server. */
  newWork(update: HistoryUpdate, requests: readonly UpdateRequest[]): void {
    this.pendingRequests = [...requests];
    this.newHistory(update);
  }

  /** Takes a further page of history. */
  newHistory(update: HistoryUpdate): void {
    this.history = update;
    this.replaying = update.previousStartedId > 0;
    this.applyNextTask();
  }

  /** Applies the next logical workflow task of the known history. Returns how many events that were. */
  applyNextTask(): number {
    return applyNextTask(this);
  }

  /** Applies tasks until there is something to do for the language side, or replay is over. */
  applyTasksUntilJobs(): void {
    if (this.hasPendingJobs) return;
    while (this.applyNextTask() > 0 && this.replaying && !this.hasPendingJobs) continue;
  }

  /** Takes the language side's answer to an activation. */
  applyCommands(commands: readonly LangCommand[]): void {
    applyLangCommands(this, commands);
    applyKnownResolutions(this);
    this.registry.prepareCommands();
  }

  /** Has the worker start and cancel local activities. */
  requestLocalWork(): void {
    requestLocalWork(this);
  }

  /** Takes the end of a local activity that ran here. */
  resolveLocalActivity(resolution: LocalResolution): void {
    resolveLocalActivity(this, resolution);
  }
}
