import proto from '@temporalio/proto';
import type { HistoryEvent } from '../../src/core/proto.ts';
import type { Report, Whole } from './whole.ts';
import type { Ledger } from './ledger.ts';

const { HistoryEvent: EventMessage } = proto.temporal.api.history.v1;

/** A run that goes on from an earlier point of another one has its history up to there, and the signals that came after it. */
export function examineResets(byId: ReadonlyMap<string, Whole>, ledger: Ledger, report: Report): void {
  for (const { baseRunId, runId, eventId, keepsSignals } of ledger.resets) {
    const [base, run] = [byId.get(baseRunId), byId.get(runId)];
    if (base === undefined || run === undefined) {
      report(`the reset of ${baseRunId} to ${runId} is lost`);
      continue;
    }
    const [old, kept] = [base, run].map(({ events }) => events.slice(0, eventId - 1).map(bytesOf));
    if (String(old) !== String(kept)) report(`${runId} has another history than ${baseRunId} up to event ${eventId}`);
    const signals = (events: readonly HistoryEvent[]): string[] =>
      events.flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
    const has = signals(run.events.slice(eventId - 1));
    const lost = signals(base.events.slice(eventId - 1)).filter((name) => !has.includes(name));
    if (keepsSignals && lost.length > 0) report(`${runId} has not got ${lost.join(', ')} from ${baseRunId}`);
  }
  for (const { record } of byId.values()) {
    const { resetFrom } = record;
    if (resetFrom !== undefined && !byId.has(resetFrom.baseRunId)) report(`${record.runId} was reset from nothing`);
  }
}

function bytesOf(event: HistoryEvent): string {
  return Buffer.from(EventMessage.encode(event).finish()).toString('base64');
}
