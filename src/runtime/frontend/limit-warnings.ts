import { nearLimits } from '../../core/run/near-limits.ts';
import type { NearLimit } from '../../core/run/near-limits.ts';
import type { RunListener } from './runs.ts';

/** A warning of the process, which Node prints, and `process.on('warning')` takes elsewhere. */
export function warnOfProcess(message: string): void {
  process.emitWarning(message, { type: 'PerdureWarning', code: 'PERDURE_LIMITS' });
}

/** Tells of runs that come near a limit: once for each run and limit, as long as this process lives. */
export function limitWarnings(warn: (message: string) => void): RunListener {
  const told = new Map<string, Set<NearLimit['kind']>>();
  return (record, events, addedBytes) => {
    const { workflowId, runId, workflowType } = record;
    for (const { kind, text } of nearLimits(record, events, addedBytes)) {
      const kinds = told.get(runId) ?? new Set();
      told.set(runId, kinds);
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      warn(`Workflow ${workflowId} (${workflowType}, run ${runId}): ${text}`);
    }
    if (record.closeTime !== undefined) told.delete(runId);
  };
}
