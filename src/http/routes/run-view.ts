import { z } from '@hono/zod-openapi';
import type { RunInfo } from '../../client/status.ts';
import type { TenantIds } from '../auth/tenant.ts';
import { JSON_VALUE } from './parts.ts';

/** All that `RunInfo.status` may be. */
export const STATUS: z.ZodEnum<{ [Status in RunInfo['status']]: Status }> = z.enum([
  'running',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed_out',
]);

const TIME = z.iso.datetime();

/** `Wait`, for the document. */
export const WAIT: z.ZodType = z
  .object({
    id: z.string(),
    kind: z.enum(['input', 'approval', 'tool', 'event']),
    agent: z.string(),
    workflowId: z.string().describe('The run that waits: this one, or that of a sub-agent.'),
    message: z.string().describe('What a person is asked.'),
    schema: JSON_VALUE.optional().describe('What an answer has to look like.'),
    maxBytes: z.int().optional(),
    call: z.object({ toolCallId: z.string(), toolName: z.string(), input: JSON_VALUE }).optional(),
    openedAt: TIME,
    expiresAt: TIME.optional(),
  })
  .openapi('Wait');

const SHAPE = {
  id: z.string(),
  agent: z.string().describe("The agent, or the type of the author's own workflow."),
  status: STATUS,
  taskQueue: z.string(),
  startedAt: TIME,
  endedAt: TIME.optional(),
  waits: z.array(WAIT).describe('What it waits for, sub-agents included, oldest first.'),
  historyLength: z.int(),
};

/** A run in a list. */
export const RUN: z.ZodType = z.object(SHAPE).openapi('Run');

/** A run with what it came to. */
export const RUN_WITH_OUTCOME: z.ZodType = z
  .object({
    ...SHAPE,
    result: z
      .object({
        output: JSON_VALUE.describe('Text, or what the output schema of the agent says.'),
        finish: z.enum(['complete', 'limit']),
        spent: JSON_VALUE.optional().describe('What it has used.'),
      })
      .optional()
      .describe('What it came to, when it has completed.'),
    failure: z
      .object({ code: z.string(), type: z.string().optional(), message: z.string() })
      .optional()
      .describe('Why it has no result, when it has ended without one.'),
  })
  .openapi('RunWithOutcome');

/** What is known of a run, as JSON. */
export function runView(info: RunInfo, ids: TenantIds): object {
  const { startedAt, endedAt, ...rest } = ids.inValue(info);
  return {
    ...rest,
    startedAt: startedAt.toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
  };
}
