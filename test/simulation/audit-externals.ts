import { toNumber } from '../../src/core/proto.ts';
import type { Report, Whole } from './whole.ts';

/** I5: what a workflow was told to have reached another one is there, once; the answer came once. */
export function examineExternals({ record, events }: Whole, runs: readonly Whole[], report: Report): void {
  const { runId } = record;
  for (const event of events) {
    const eventId = toNumber(event.eventId);
    const signal = event.signalExternalWorkflowExecutionInitiatedEventAttributes;
    const cancel = event.requestCancelExternalWorkflowExecutionInitiatedEventAttributes;
    const target = (signal ?? cancel)?.workflowExecution?.workflowId;
    if (!target) continue;
    const answers = events.flatMap((other) => {
      const well =
        other.externalWorkflowExecutionSignaledEventAttributes ??
        other.externalWorkflowExecutionCancelRequestedEventAttributes;
      const badly =
        other.signalExternalWorkflowExecutionFailedEventAttributes ??
        other.requestCancelExternalWorkflowExecutionFailedEventAttributes;
      return toNumber((well ?? badly)?.initiatedEventId) === eventId ? [well !== undefined && well !== null] : [];
    });
    if (answers.length > 1) report(`what event ${eventId} asked for was answered ${answers.length} times`);
    // What a run that was reset sent before is there in the name of the run before.
    if (!signal || record.resetFrom !== undefined) continue;
    const arrived = runs.filter(
      ({ record: to, events: theirs }) =>
        to.workflowId === target &&
        to.resetFrom === undefined &&
        theirs.some((other) => {
          const its = other.workflowExecutionSignaledEventAttributes;
          return its?.signalName === signal.signalName && its?.externalWorkflowExecution?.runId === runId;
        }),
    ).length;
    const isReset = runs.some(({ record: to }) => to.workflowId === target && to.resetFrom !== undefined);
    const [reached] = answers;
    if (reached === undefined) continue;
    if (reached && arrived !== 1 && !isReset)
      report(`the signal of event ${eventId} arrived ${arrived} times at ${target}`);
    if (!reached && arrived > 0) report(`the signal of event ${eventId} arrived, and was told not to have`);
  }
}
