import type { LoadedDataConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { failedPrecondition } from '../../runtime/errors.ts';
import { AGENT_WORKFLOW, NAMED, namesOf, type RoutedStart, type RoutingRule } from './options.ts';

/** What all requests that start something have in common. */
export type StartLike = Pick<
  temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest,
  'memo' | 'taskQueue' | 'workflowId' | 'workflowType'
>;

/** Memo field with the name of the agent, as `perdure.start` sets it. */
export const AGENT_MEMO = 'perdure.agent';

/** The name of the engine for a start. @throws ServiceError when a rule's function does not decide. */
export function engineFor(start: RoutedStart, rules: readonly RoutingRule[], otherwise: string): string {
  return rules.find((rule) => fits(rule, start))?.engine ?? otherwise;
}

function fits(rule: RoutingRule, start: RoutedStart): boolean {
  const named = NAMED.every((name) => {
    const condition = rule[name];
    const given = start[name];
    return condition === undefined || (given !== undefined && namesOf(condition).includes(given));
  });
  if (!named || rule.when === undefined) return named;
  const answer: unknown = rule.when(start);
  if (typeof answer === 'boolean') return answer;
  // A promise would count as true, and lead everything astray.
  throw failedPrecondition(`A routing rule for the engine '${rule.engine}' has to answer true or false at once.`);
}

/** A field of a memo, decoded; `undefined` when there is none. */
export async function readMemo(
  field: string,
  memo: temporal.api.common.v1.IMemo | null | undefined,
  converter: LoadedDataConverter,
  context: { readonly type: 'workflow'; readonly namespace: string; readonly workflowId: string },
): Promise<unknown> {
  const encoded = memo?.fields?.[field];
  let payloads = encoded ? [encoded] : [];
  for (const codec of converter.payloadCodecs.toReversed()) payloads = await codec.decode(payloads, context);
  const [payload] = payloads;
  return payload && converter.payloadConverter.fromPayload(payload, context);
}

/** What rules see of a request. */
export async function readStart(
  request: StartLike,
  converter: LoadedDataConverter,
  namespace: string,
): Promise<RoutedStart> {
  const workflowId = request.workflowId ?? '';
  const workflowType = request.workflowType?.name ?? '';
  const context = { type: 'workflow', namespace, workflowId } as const;
  const agent =
    workflowType === AGENT_WORKFLOW ? await readMemo(AGENT_MEMO, request.memo, converter, context) : undefined;
  return {
    workflowId,
    workflowType,
    taskQueue: request.taskQueue?.name ?? '',
    agent: typeof agent === 'string' ? agent : undefined,
  };
}
