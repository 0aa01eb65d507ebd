import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { updateRequestOfEvent, updateRequestOfMessage } from '../../../src/core/activations/machines/update.ts';
import { RunMachines } from '../../../src/core/activations/run-machines.ts';
import { toLong } from '../../../src/core/proto.ts';
import { config, History, identity, type LangCommand, payload, replay } from './history.ts';

const complete: LangCommand = { completeWorkflowExecution: { result: payload('r') } };
const script =
  (...answers: LangCommand[][]) =>
  (_: unknown, count: number): LangCommand[] =>
    answers[count - 1] ?? [];

const request = (id: string) => ({ meta: { updateId: id }, input: { name: 'u', args: { payloads: [payload('1')] } } });
const message = (id: string, after: number) => ({
  id: `${id}/request`,
  protocolInstanceId: id,
  eventId: toLong(after),
  body: { value: proto.temporal.api.update.v1.Request.encode(request(id)).finish() },
});
const respond = (id: string, response: object): LangCommand => ({
  updateResponse: { protocolInstanceId: id, ...response },
});

describe('updates', () => {
  const live = (...messages: object[]) => {
    const run = new RunMachines(identity, config);
    run.newWork(History.started().update(), messages.map(updateRequestOfMessage));
    return run;
  };

  it('are accepted and completed in one go', () => {
    const run = live(message('u1', 2));
    const jobs = run.takeActivation().jobs ?? [];
    expect(jobs[1]?.doUpdate).toMatchObject({ id: 'u1', name: 'u', runValidator: true });
    run.applyCommands([respond('u1', { accepted: {} }), respond('u1', { completed: payload('r') })]);
    expect(run.takeMessages().map(({ id }) => id)).toEqual(['u1/request/accept', 'u1/request/complete']);
    expect(run.commandsToSend()).toHaveLength(2);
    expect(run.takeMessages()).toEqual([]);
  });

  it('are rejected without a command', () => {
    const run = live(message('u1', 2));
    run.takeActivation();
    run.applyCommands([respond('u1', { rejected: { message: 'no' } })]);
    expect(run.takeMessages().map(({ id }) => id)).toEqual(['u1/request/reject']);
    expect(run.commandsToSend()).toEqual([]);
    run.resetLastStarted(0);
    expect(run.lastProcessedEvent).toBe(1);
  });

  it('may fail after they were accepted', () => {
    const run = live(message('u1', 2));
    run.takeActivation();
    run.applyCommands([respond('u1', { accepted: {} })]);
    run.applyCommands([respond('u1', { rejected: { message: 'no' } })]);
    expect(run.takeMessages().map(({ id }) => id)).toEqual(['u1/request/accept', 'u1/request/complete']);
  });

  it('are answered in order, and with something', () => {
    const run = live(message('u1', 2));
    expect(() => run.applyCommands([respond('u1', {})])).toThrow('had an empty result');
    expect(() => run.applyCommands([respond('u1', { completed: {} })])).toThrow('Invalid transition');
    expect(() => run.applyCommands([respond('u9', { accepted: {} })])).toThrow('Missing associated machine');
  });

  it('are made up from history on replay', () => {
    const history = History.started()
      .completed()
      .add('WORKFLOW_EXECUTION_UPDATE_ACCEPTED', {
        protocolInstanceId: 'u1',
        acceptedRequestMessageId: 'u1/request',
        acceptedRequestSequencingEventId: 2,
        acceptedRequest: request('u1'),
      });
    history.add('WORKFLOW_EXECUTION_UPDATE_COMPLETED').add('WORKFLOW_EXECUTION_COMPLETED');
    const answers = [respond('u1', { accepted: {} }), respond('u1', { completed: payload('r') }), complete];
    const { activations, run } = replay(history, script(answers));
    expect(activations[0]?.jobs?.[1]?.doUpdate).toMatchObject({ id: 'u1', runValidator: false });
    expect(run.takeMessages()).toEqual([]);
  });

  it('may have been admitted durably', () => {
    const admitted = History.started().completed().add('TIMER_STARTED');
    admitted.add('WORKFLOW_EXECUTION_UPDATE_ADMITTED', { request: request('u1') }).task();
    const timer: LangCommand = { startTimer: { seq: 1 } };
    expect(replay(admitted, script([timer])).jobs[1]).toEqual(['doUpdate']);
    admitted.completed().add('WORKFLOW_EXECUTION_UPDATE_ACCEPTED', {
      protocolInstanceId: 'u1',
      acceptedRequestSequencingEventId: 6,
      acceptedRequest: request('u1'),
    });
    admitted.task();
    const { activations } = replay(admitted, script([timer], [respond('u1', { accepted: {} })]));
    expect(activations[1]?.jobs?.[0]?.doUpdate?.id).toBe('u1');
  });

  it('must be whole', () => {
    expect(() => updateRequestOfMessage({})).toThrow('body must be populated');
    expect(() => updateRequestOfEvent({ workflowExecutionUpdateAdmittedEventAttributes: {} })).toThrow('`input`');
    const withoutMeta = { request: { input: {} } };
    expect(() => updateRequestOfEvent({ workflowExecutionUpdateAdmittedEventAttributes: withoutMeta })).toThrow(
      '`meta`',
    );
    expect(() => live({ ...message('u1', 2), eventId: null })).toThrow('sequencing id');
  });
});
