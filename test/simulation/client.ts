import type { WorkflowServiceApi } from '../../src/runtime/service.ts';
import { toDuration, toNumber } from '../../src/core/proto.ts';
import { Asking } from './asking.ts';
import { decode, encode } from './flow.ts';
import type { Ledger } from './ledger.ts';
import { cronId, makeProgram, patience, workflowIds, workflowRetries } from './program.ts';
import type { Program } from './program.ts';
import { Owner } from './world.ts';
import type { World } from './world.ts';

/** Somebody who starts workflows and sends them things, and asks again until there is an answer. */
export class ModelClient {
  readonly owner: Owner;
  readonly #world: World;
  readonly #service: WorkflowServiceApi;
  readonly #asking: Asking;
  readonly #ledger: Ledger;
  #count = 0;

  constructor(world: World, name: string, service: (owner: Owner) => WorkflowServiceApi, ledger: Ledger) {
    this.owner = new Owner(world, name);
    this.#world = world;
    this.#service = service(this.owner);
    this.#asking = new Asking(world, this.owner, ledger);
    this.#ledger = ledger;
  }

  /** Does so many things, one after another. */
  async run(times: number): Promise<void> {
    await this.#start();
    for (let time = 0; time < times; time++) {
      if (this.#world.random.chance(0.5)) await this.owner.sleep(this.#world.random.int(4000));
      await this.#something();
    }
  }

  async #something(): Promise<void> {
    const { random } = this.#world;
    const workflowId = random.chance(0.15) ? cronId : random.pick(workflowIds);
    const runId = random.chance(0.5) ? ((await this.#currentRun(workflowId)) ?? '') : '';
    switch (random.int(14)) {
      case 0:
      case 1:
        return this.#start();
      case 2:
        return this.#cancel(workflowId, runId);
      case 3:
        return this.#terminate(workflowId);
      case 4:
      case 5:
        return this.#update(workflowId, runId);
      case 6:
        return this.#pause(workflowId, runId);
      case 7:
        return this.#signalWithStart(workflowId);
      case 8:
      case 9:
        return this.#reset(workflowId);
      default:
        return this.#signal(workflowId, runId);
    }
  }

  async #currentRun(workflowId: string): Promise<string | undefined> {
    const answer = await this.#asking.ask(() =>
      this.#service.describeWorkflowExecution({ namespace: 'default', execution: { workflowId } }),
    );
    return answer?.workflowExecutionInfo?.execution?.runId ?? undefined;
  }

  #startRequest(
    workflowId: string,
  ): Parameters<WorkflowServiceApi['startWorkflowExecution']>[0] & { program: Program } {
    const { random } = this.#world;
    const program = makeProgram(random);
    return {
      program,
      namespace: 'default',
      workflowId,
      requestId: random.uuid(),
      workflowType: { name: 'program' },
      taskQueue: { name: 'work' },
      input: { payloads: [encode(program)] },
      workflowRunTimeout: toDuration(patience(program)),
      ...(random.chance(0.3) ? { retryPolicy: workflowRetries(2 + random.int(2)) } : {}),
      ...(workflowId === cronId
        ? { cronSchedule: random.pick(['@every 1s', '@every 4s', '* * * * *']) }
        : random.chance(0.2)
          ? { workflowStartDelay: toDuration(random.int(3000)) }
          : {}),
    };
  }

  async #start(): Promise<void> {
    const { random } = this.#world;
    const request = {
      ...this.#startRequest(random.chance(0.1) ? cronId : random.pick(workflowIds)),
      workflowIdConflictPolicy: random.pick([1, 1, 2, 3]),
    };
    const answer = await this.#asking.ask(() => this.#service.startWorkflowExecution(request));
    if (answer?.runId) this.#ledger.started.add(answer.runId);
  }

  async #signal(workflowId: string, runId: string): Promise<void> {
    const request = {
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      signalName: `${this.owner.name}-${++this.#count}`,
      requestId: this.#world.random.uuid(),
    };
    const answer = await this.#asking.ask(() => this.#service.signalWorkflowExecution(request));
    if (answer === undefined) return;
    this.#ledger.signals.push({ name: request.signalName, workflowId, runId });
    if (runId && this.#world.random.chance(0.5)) await this.#query(workflowId, runId, request.signalName);
  }

  /** A query sees what was acknowledged before it. */
  async #query(workflowId: string, runId: string, signalName: string): Promise<void> {
    const request = { namespace: 'default', execution: { workflowId, runId }, query: { queryType: 'seen' } };
    try {
      const { queryResult } = await this.#service.queryWorkflow(request);
      const seen = (decode(queryResult?.payloads?.[0]) ?? []) as string[];
      const record = await this.#asking.ask(() =>
        this.#service.describeWorkflowExecution({ namespace: 'default', execution: { workflowId, runId } }),
      );
      // What came too late for the last task is in history and was never seen.
      const isOpen = record?.workflowExecutionInfo?.status === 1;
      if (isOpen && !seen.includes(`signal ${signalName}`))
        this.#ledger.problems.push(`a query of ${runId} did not see the signal ${signalName}`);
    } catch (error) {
      this.#asking.judge(error);
    }
  }

  async #signalWithStart(workflowId: string): Promise<void> {
    const signalName = `${this.owner.name}-${++this.#count}`;
    const request = { ...this.#startRequest(workflowId), signalName };
    const answer = await this.#asking.ask(() => this.#service.signalWithStartWorkflowExecution(request));
    if (!answer?.runId) return;
    this.#ledger.started.add(answer.runId);
    this.#ledger.signals.push({ name: signalName, workflowId, runId: answer.runId });
  }

  async #cancel(workflowId: string, runId: string): Promise<void> {
    const request = {
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      requestId: this.#world.random.uuid(),
    };
    const answer = await this.#asking.ask(() => this.#service.requestCancelWorkflowExecution(request));
    if (answer !== undefined && runId) this.#ledger.cancelled.set(runId, this.#world.now);
  }

  async #terminate(workflowId: string): Promise<void> {
    if (this.#world.random.chance(0.5)) return;
    const runId = await this.#currentRun(workflowId);
    if (runId === undefined) return;
    const request = { namespace: 'default', workflowExecution: { workflowId, runId } };
    if (await this.#asking.ask(() => this.#service.terminateWorkflowExecution(request)))
      this.#ledger.terminated.add(runId);
  }

  async #update(workflowId: string, runId: string): Promise<void> {
    const updateId = `${this.owner.name}-${++this.#count}`;
    const name = this.#world.random.pick(['quick', 'slow', 'refused']);
    const request = {
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      waitPolicy: { lifecycleStage: 3 },
      request: { meta: { updateId, identity: this.owner.name }, input: { name } },
    };
    this.#ledger.updated.add(workflowId);
    for (let tries = 0; tries < 20; tries++) {
      const answer = await this.#asking.ask(() => this.#service.updateWorkflowExecution(request));
      if (answer === undefined) return;
      const run = answer.updateRef?.workflowExecution?.runId ?? '';
      const { outcome } = answer;
      if (!outcome) continue;
      const rejected = outcome.failure?.message === 'refused';
      // Others than the workflow may have ended it; what the workflow said has to be in its history.
      if (outcome.success || rejected) this.#ledger.updates.set(updateId, { runId: run, rejected });
      if (outcome.success && name === 'refused')
        this.#ledger.problems.push(`${updateId} was accepted, and was to be refused`);
      return;
    }
  }

  /** Lets a workflow go on from an earlier point. */
  async #reset(workflowId: string): Promise<void> {
    const { random } = this.#world;
    const runId = await this.#currentRun(workflowId);
    if (runId === undefined) return;
    const workflowExecution = { workflowId, runId };
    const read = await this.#asking.ask(() =>
      this.#service.getWorkflowExecutionHistory({ namespace: 'default', execution: workflowExecution }),
    );
    const points = (read?.history?.events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
    if (points.length === 0) return;
    const { eventId } = random.pick(points);
    const keepsSignals = random.chance(0.7);
    const request = {
      namespace: 'default',
      workflowExecution,
      requestId: random.uuid(),
      reason: 'why',
      workflowTaskFinishEventId: eventId ?? null,
      resetReapplyType: keepsSignals ? 1 : 2,
    };
    const answer = await this.#asking.ask(() => this.#service.resetWorkflowExecution(request));
    if (!answer?.runId) return;
    this.#ledger.resets.push({ baseRunId: runId, runId: answer.runId, eventId: toNumber(eventId), keepsSignals });
  }

  async #pause(workflowId: string, runId: string): Promise<void> {
    const pause = { namespace: 'default', workflowId, runId, identity: this.owner.name, reason: 'why' };
    const paused = await this.#asking.ask(() =>
      this.#service.pauseWorkflowExecution({ ...pause, requestId: this.#world.random.uuid() }),
    );
    if (paused === undefined) return;
    await this.owner.sleep(this.#world.random.int(3000));
  }
}
