import type { temporal } from '@temporalio/proto';
import { toLong, toTimestamp } from '../proto.ts';
import type { RunRecord } from '../record.ts';
import type { RunDraft } from './draft.ts';

type ResetPoints = temporal.api.workflow.v1.IResetPoints;

/** Most points that a chain keeps, and how long those of earlier runs are good for (Temporal's defaults). */
const mostPoints = 20;
const retentionMs = 24 * 3_600_000;

/** Notes where a build of the workers' code completed its first workflow task: a place that the run could be reset to. */
export function noteResetPoint(draft: RunDraft, buildId: string, taskCompletedId: number): void {
  const { record } = draft;
  if (buildId === '' || record.resetPoints.some((point) => point.buildId === buildId)) return;
  const point = {
    buildId,
    runId: record.runId,
    firstWorkflowTaskCompletedId: toLong(taskCompletedId),
    createTime: toTimestamp(draft.now),
    resettable: record.children.size === 0 && record.externals.size === 0,
  };
  record.resetPoints = [...record.resetPoints, point].slice(-mostPoints);
}

/** The points that a run leaves to the next one in its chain. */
export function inheritedResetPoints({ record, now }: RunDraft): ResetPoints {
  const expireTime = toTimestamp(now + retentionMs);
  return {
    points: record.resetPoints.map((point) => (point.runId === record.runId ? { ...point, expireTime } : point)),
  };
}

/** The search attribute `BuildIds` of a run: builds of the code that worked on its chain; `undefined` before any did. */
export function buildIdsOf({ resetPoints, previousStartedEventId }: RunRecord): readonly string[] | undefined {
  if (resetPoints.length === 0 && previousStartedEventId === 0) return undefined;
  return ['unversioned', ...resetPoints.map(({ buildId }) => `unversioned:${buildId ?? ''}`)];
}
