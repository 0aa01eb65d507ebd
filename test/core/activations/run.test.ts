import * as fc from 'fast-check';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { asMachinesError, fatal } from '../../../src/core/activations/errors.ts';
import { isIgnorable } from '../../../src/core/activations/events.ts';
import { InternalFlags } from '../../../src/core/activations/internal-flags.ts';
import type { Job } from '../../../src/core/activations/machines/machine.ts';
import { randomnessSeed } from '../../../src/core/activations/randomness-seed.ts';
import { RunMachines } from '../../../src/core/activations/run-machines.ts';
import { inOrder } from '../../../src/core/activations/run-state.ts';
import { sortCommands } from '../../../src/core/activations/sort-commands.ts';
import { EventType, type HistoryEvent, toLong, WorkflowTaskFailedCause } from '../../../src/core/proto.ts';
import { config, History, identity, type LangCommand, payload, replay } from './history.ts';

type EventTypeValue = NonNullable<HistoryEvent['eventType']>;

const complete: LangCommand = { completeWorkflowExecution: { result: payload('r') } };
const script =
  (...answers: LangCommand[][]) =>
  (_: unknown, count: number): LangCommand[] =>
    answers[count - 1] ?? [];

describe('a run', () => {
  it('gets its signals, its cancellation, and time that never goes back', () => {
    const history = History.started().completed().add('TIMER_STARTED');
    history.add('WORKFLOW_EXECUTION_SIGNALED', { signalName: 's', input: { payloads: [payload('1')] } });
    history.add('WORKFLOW_EXECUTION_CANCEL_REQUESTED', { cause: 'c' }).task();
    const { jobs, activations } = replay(history, script([{ startTimer: { seq: 1 } }]));
    expect(jobs[1]).toEqual(['signalWorkflow', 'cancelWorkflow']);
    expect(Number(activations[1]?.timestamp?.seconds)).toBe(1000 + history.length);
  });

  it.each([
    ['cancelWorkflowExecution', 'WORKFLOW_EXECUTION_CANCELED', {}],
    ['failWorkflowExecution', 'WORKFLOW_EXECUTION_FAILED', { failure: { message: 'f' } }],
    ['continueAsNewWorkflowExecution', 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW', { workflowType: 'T' }],
    ['completeWorkflowExecution', 'WORKFLOW_EXECUTION_COMPLETED', {}],
  ] as const)('ends with %s', (command, event, attributes) => {
    const history = History.started().completed().add(event);
    const { run } = replay(history, script([{ [command]: attributes }]));
    expect(run.finished).toBe(true);
    expect(run.sawFinalEvent).toBe(true);
    expect(run.applyNextTask()).toBe(0);
    expect(replay(History.started(), script([{ [command]: attributes }])).run.commandsToSend()).toHaveLength(1);
  });

  it('is continued with what it had, unless it says otherwise', () => {
    const started = {
      memo: { fields: { m: payload('m') } },
      retryPolicy: { maximumAttempts: 3 },
      searchAttributes: proto.temporal.api.common.v1.SearchAttributes.create({ indexedFields: { a: payload('1') } }),
    };
    const upsert = (key: string): LangCommand => ({
      upsertWorkflowSearchAttributes: {
        searchAttributes: proto.temporal.api.common.v1.SearchAttributes.create({
          indexedFields: { [key]: payload('2') },
        }),
      },
    });
    const next: LangCommand = {
      continueAsNewWorkflowExecution: { workflowType: 'T', taskQueue: 'other', versioningIntent: 0 },
    };
    const modify: LangCommand = { modifyWorkflowProperties: { upsertedMemo: { fields: {} } } };
    const commands = [upsert('b'), upsert('TemporalChangeVersion'), modify, next];
    const sent = replay(History.started(started), script(commands)).run.commandsToSend();
    expect(sent[1]?.upsertWorkflowSearchAttributesCommandAttributes?.searchAttributes).toEqual({});
    expect(sent.at(-1)?.continueAsNewWorkflowExecutionCommandAttributes).toMatchObject({
      memo: started.memo,
      retryPolicy: started.retryPolicy,
      searchAttributes: { indexedFields: { a: payload('1'), b: payload('2') } },
      inheritBuildId: false,
    });
    const own: LangCommand = { continueAsNewWorkflowExecution: { memo: { n: payload('n') }, versioningIntent: 1 } };
    const ownSent = replay(History.started(started), script([own])).run.commandsToSend();
    expect(ownSent[0]?.continueAsNewWorkflowExecutionCommandAttributes).toMatchObject({
      memo: { fields: { n: payload('n') } },
      inheritBuildId: true,
    });
    const asNew: LangCommand = { continueAsNewWorkflowExecution: { versioningIntent: 2 } };
    const asNewSent = replay(History.started(), script([asNew])).run.commandsToSend();
    expect(asNewSent[0]?.continueAsNewWorkflowExecutionCommandAttributes?.inheritBuildId).toBe(false);
  });

  it('gets a new seed when it was reset', () => {
    const history = History.started().failed({
      cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
      newRunId: 'other',
    });
    history.task();
    const { activations } = replay(history, script([]));
    expect(activations[0]?.jobs?.at(-1)?.updateRandomSeed?.randomnessSeed).toEqual(randomnessSeed('other'));
  });

  it('says which feature is not there', () => {
    const fails = (command: object) => () => replay(History.started(), script([command]));
    expect(fails({ scheduleLocalActivity: {} })).toThrow('Local activities are not enabled on this worker');
    expect(fails({ scheduleNexusOperation: {} })).toThrow('UNIMPLEMENTED: Nexus');
    expect(fails({ somethingNew: {} })).toThrow('UNIMPLEMENTED: workflow command somethingNew');
  });

  it('refuses histories that cannot be', () => {
    const gap = History.started();
    gap.events[1] = { ...gap.events[1], eventId: toLong(7) };
    expect(() => replay(gap, script([]))).toThrow('History is out of order');
    const odd = History.started().completed();
    odd.add('WORKFLOW_EXECUTION_UPDATE_ADMITTED', {}, { eventType: 0 as never }).add('WORKFLOW_EXECUTION_COMPLETED');
    expect(() => replay(odd, script([complete]))).toThrow('Update request');
    const unspecified = History.started().completed();
    unspecified.add('WORKFLOW_EXECUTION_SIGNALED', {}, { eventType: 0 as never }).add('WORKFLOW_EXECUTION_COMPLETED');
    expect(() => replay(unspecified, script([complete]))).toThrow('Event type is unspecified');
    const ignored = History.started().completed();
    ignored.add('WORKFLOW_EXECUTION_SIGNALED', {}, { eventType: 0 as never, workerMayIgnore: true });
    ignored.add('WORKFLOW_EXECUTION_COMPLETED');
    expect(() => replay(ignored, script([complete]))).not.toThrow();
    const foreign = History.started().completed().add('NEXUS_OPERATION_STARTED', { scheduledEventId: 99 }).task();
    expect(() => replay(foreign, script([]))).toThrow('could not find a matching command');
    const unknown = History.started().completed().add('WORKFLOW_EXECUTION_UPDATE_REJECTED').task();
    expect(() => replay(unknown, script([]))).toThrow('No command scheduled');
    const stateless = History.started().completed().add('SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED', null);
    stateless.task();
    expect(() => replay(stateless, script([]))).toThrow('not a non-stateful event');
    const timeless = History.started();
    timeless.events[2] = { ...timeless.events[2], eventTime: null };
    expect(() => replay(timeless, script([]))).toThrow('must contain timestamp');
    const bare = new History().add('WORKFLOW_EXECUTION_STARTED', null).task();
    expect(() => replay(bare, script([]))).toThrow('did not have appropriate attributes');
  });

  it('may be closed from outside, and by nothing after that', () => {
    const closed = History.started().completed().add('WORKFLOW_EXECUTION_TERMINATED');
    expect(replay(closed, script([])).run.sawFinalEvent).toBe(true);
    const timedOut = History.started().completed().add('TIMER_STARTED').add('WORKFLOW_EXECUTION_TIMED_OUT').task();
    expect(() => replay(timedOut, script([{ startTimer: { seq: 1 } }]))).toThrow('goes on after its closing event');
  });

  it('does not mind events of the server’s own bookkeeping', () => {
    expect(isIgnorable({ eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED })).toBe(true);
    expect(isIgnorable({ eventType: 9999 as EventTypeValue, workerMayIgnore: true })).toBe(true);
    expect(isIgnorable({ eventType: EventType.EVENT_TYPE_TIMER_STARTED })).toBe(false);
  });

  it('knows which version completed its tasks', () => {
    const versionOf = (attributes: object) => {
      const run = new RunMachines(identity, config);
      run.noteTaskCompleted(attributes);
      run.replaying = true;
      return run.takeActivation().deploymentVersionForCurrentTask;
    };
    expect(versionOf({ deploymentVersion: { deploymentName: 'd', buildId: '1' } })).toEqual({
      deploymentName: 'd',
      buildId: '1',
    });
    expect(versionOf({ workerDeploymentVersion: 'd.1.2' })).toEqual({ deploymentName: 'd', buildId: '1.2' });
    expect(versionOf({ workerVersion: { buildId: '3' } })).toEqual({ deploymentName: '', buildId: '3' });
    expect(versionOf({})).toBeNull();
  });

  it('has nothing to do before it has a history', () => {
    const run = new RunMachines(identity, config);
    expect(run.readyForNextTask).toBe(true);
    expect(run.applyNextTask()).toBe(0);
  });
});

describe('flags', () => {
  it('are recorded once, and used on replay only when history has them', () => {
    const flags = new InternalFlags('sdk', '2');
    expect(flags.tryUse(1, false)).toBe(false);
    expect(flags.tryUse(1, true)).toBe(true);
    flags.addLangUsed([7, 5]);
    expect(flags.gatherForCompletion()).toEqual({
      coreUsedFlags: [1],
      langUsedFlags: [7, 5],
      sdkName: 'sdk',
      sdkVersion: '2',
    });
    flags.addFromCompleted({
      sdkMetadata: { coreUsedFlags: [2], langUsedFlags: [6], sdkName: 'sdk', sdkVersion: '2' },
    });
    expect(flags.gatherForCompletion()).toMatchObject({ coreUsedFlags: [], langUsedFlags: [], sdkName: '' });
    expect(flags.tryUse(2, false)).toBe(true);
    expect(flags.lang).toEqual([5, 6, 7]);
    expect(flags.lastSdkVersion).toBe('2');
  });
});

describe('jobs', () => {
  const kinds = [
    'removeFromCache', 'queryWorkflow', 'resolveActivity', 'fireTimer', 'doUpdate', 'signalWorkflow',
    'updateRandomSeed', 'notifyHasPatch', 'initializeWorkflow', 'local',
  ] as const; // prettier-ignore
  const ranks: Record<string, number> = {
    initializeWorkflow: 0, notifyHasPatch: 1, updateRandomSeed: 2, signalWorkflow: 3, doUpdate: 3,
    resolveActivity: 4, fireTimer: 4, local: 5, queryWorkflow: 6, removeFromCache: 7,
  }; // prettier-ignore

  it('are sorted by kind, and stay in order within a kind', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds)), (names) => {
        const jobs = names.map((name): Job & { name: string } =>
          name === 'local' ? { name, resolveActivity: { isLocal: true } } : { name, [name]: {} },
        );
        const sorted = inOrder(jobs) as typeof jobs;
        const rankOf = (job: { name: string }) => ranks[job.name] ?? -1;
        const expected = jobs.toSorted((a, b) => rankOf(a) - rankOf(b));
        expect(sorted).toEqual(expected);
      }),
    );
  });
});

describe('commands', () => {
  const timer: LangCommand = { startTimer: { seq: 1 } };
  const answer: LangCommand = { respondToQuery: { queryId: 'q' } };
  const fail: LangCommand = { failWorkflowExecution: {} };

  it('that end the run go last, and only the first of them counts', () => {
    const { commands, queryResults } = sortCommands([complete, timer, answer, fail, timer], true);
    expect(commands).toEqual([timer, timer, complete]);
    expect(queryResults).toEqual([{ queryId: 'q' }]);
  });

  it('after them were cut off by old cores', () => {
    expect(sortCommands([timer, complete, timer], false).commands).toEqual([timer, complete]);
    expect(sortCommands([timer], false).commands).toEqual([timer]);
  });
});

describe('seeds and errors', () => {
  it('hash a run id as every core does', () => {
    // Checked against the official core, whose replays compare what code made of the seed.
    expect(randomnessSeed('01a1fce8-fb99-7854-ad49-7ac084a7f233').toString()).toBe('2164227454798267981');
    expect(randomnessSeed('a').unsigned).toBe(true);
    expect(randomnessSeed('a').equals(randomnessSeed('b'))).toBe(false);
    expect(randomnessSeed('0123456789abcdef').equals(randomnessSeed('0123456789abcdeg'))).toBe(false);
  });

  it('keep what they are', () => {
    const error = fatal('x');
    expect(asMachinesError(error)).toBe(error);
    expect(asMachinesError(new Error('y')).message).toContain('y');
    expect(asMachinesError('z').message).toContain('z');
    expect(error.toCompletionFailure().forceCause).toBe(0);
  });
});
