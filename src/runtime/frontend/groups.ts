import type { temporal } from '@temporalio/proto';
import { jsonPayload } from '../../core/payloads.ts';
import { toLong } from '../../core/proto.ts';
import { nameOfStatus } from '../../core/visibility/values.ts';

type Group = temporal.api.workflowservice.v1.CountWorkflowExecutionsResponse.AggregationGroup;

/** The runs of one status, as a count answers with them. */
export function groupOf(status: number, count: number): Group {
  return { groupValues: [jsonPayload(nameOfStatus(status), 'Keyword')], count: toLong(count) } as unknown as Group;
}
