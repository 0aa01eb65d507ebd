import { nearLimits } from '../../core/run/near-limits.ts';
import type { NearLimit } from '../../core/run/near-limits.ts';
import type { RunListener } from './runs.ts';

/** Tells of runs that come near a limit, by warnings of the process: once for each run and limit, as long as this process lives. */
export function limitWarnings(): RunListener {
  const told = new Map<string, Set<NearLimit['kind']>>();
  return (record, events, addedBytes) => {
    const { workflowId, runId, workflowType } = record;
    for (const { kind, text } of nearLimits(record, events, addedBytes)) {
      const kinds = told.get(runId) ?? new Set();
      told.set(runId, kinds);
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      const message = `Workflow ${workflowId} (${workflowType}, run ${runId}): ${text}`;
      process.emitWarning(message, { type: 'PerdureWarning', code: 'PERDURE_LIMITS' });
    }
    if (record.closeTime !== undefined) told.delete(runId);
  };
}
