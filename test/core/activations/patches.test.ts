import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { patchMarkerOf, patchUpsertCommand } from '../../../src/core/activations/machines/patch.ts';
import { EventType, type HistoryEvent } from '../../../src/core/proto.ts';
import { History, type LangCommand, payload, replay } from './history.ts';

const complete: LangCommand = { completeWorkflowExecution: { result: payload('r') } };
const script =
  (...answers: LangCommand[][]) =>
  (_: unknown, count: number): LangCommand[] =>
    answers[count - 1] ?? [];

const marker = (id: string, deprecated = false) => ({
  markerName: 'core_patch',
  details: { 'patch-data': { payloads: [payload(JSON.stringify({ id, deprecated }))] } },
});
const versions = {
  searchAttributes: proto.temporal.api.common.v1.SearchAttributes.create({
    indexedFields: { TemporalChangeVersion: payload('["p"]') },
  }),
};
const patched = (patchId: string, deprecated = false): LangCommand => ({ setPatchMarker: { patchId, deprecated } });

describe('patches', () => {
  it('are recorded once, with the list of all', () => {
    const { run } = replay(History.started(), script([patched('p'), patched('p'), patched('q', true)]));
    const types = run.commandsToSend().map((command) => command.recordMarkerCommandAttributes?.markerName);
    expect(types).toEqual(['core_patch', undefined, 'core_patch', undefined]);
  });

  it('are announced ahead on replay', () => {
    const history = History.started().completed().add('MARKER_RECORDED', marker('p'));
    history.add('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', versions).add('WORKFLOW_EXECUTION_COMPLETED');
    const { jobs, run } = replay(history, script([patched('p'), complete]));
    expect(jobs).toEqual([['initializeWorkflow', 'notifyHasPatch']]);
    expect(run.sawFinalEvent).toBe(true);
  });

  it('must not vanish from the code', () => {
    const history = History.started().completed().add('MARKER_RECORDED', marker('p')).task();
    expect(() => replay(history, script([]))).toThrow('Non-deprecated patch marker encountered for change p');
    const other = History.started().completed().add('MARKER_RECORDED', marker('p')).task();
    expect(() => replay(other, script([patched('q')]))).toThrow('Change id p does not match expected id q');
  });

  it('may vanish once deprecated', () => {
    const history = History.started().completed().add('MARKER_RECORDED', marker('p', true));
    history.add('UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', versions).add('WORKFLOW_EXECUTION_COMPLETED');
    expect(() => replay(history, script([complete]))).not.toThrow();
    const kept = History.started()
      .completed()
      .add('MARKER_RECORDED', marker('p', true))
      .add('WORKFLOW_EXECUTION_COMPLETED');
    expect(() => replay(kept, script([patched('q'), complete]))).not.toThrow();
  });

  it('may appear where history has none', () => {
    const history = History.started().completed().add('WORKFLOW_EXECUTION_COMPLETED');
    expect(() => replay(history, script([patched('new'), complete]))).not.toThrow();
  });

  it('are read in the oldest form, and only from markers', () => {
    const event = (details: object): HistoryEvent => ({
      eventType: EventType.EVENT_TYPE_MARKER_RECORDED,
      markerRecordedEventAttributes: { markerName: 'core_patch', details } as never,
    });
    const old = { patch_id: { payloads: [payload('x')] }, deprecated: { payloads: [{ data: Uint8Array.of(1) }] } };
    expect(patchMarkerOf(event(old))).toEqual({ id: 'x', deprecated: true });
    expect(patchMarkerOf(event({}))).toBeUndefined();
    expect(patchMarkerOf(event({ 'patch-data': { payloads: [payload('nonsense')] } }))).toBeUndefined();
    expect(patchMarkerOf(event({ 'patch-data': { payloads: [payload('1')] } }))).toBeUndefined();
    expect(patchMarkerOf({ markerRecordedEventAttributes: {} })).toBeUndefined();
  });

  it('are not listed when the list gets too long', () => {
    expect(patchUpsertCommand(['x'.repeat(3000)], {})).toBeUndefined();
  });
});
