import type { coresdk } from '@temporalio/proto';
import { durationMs, toDuration } from '../../src/core/proto.ts';
import { patience, workflowRetries } from './program.ts';
import type { Begun, LocalPlan, Program, Step } from './program.ts';

type Job = coresdk.workflow_activation.IWorkflowActivationJob;
type Command = coresdk.workflow_commands.IWorkflowCommand;
type Backoff = coresdk.activity_result.IDoBackoff;
type Payload = NonNullable<coresdk.workflow_activation.ISignalWorkflow['input']>[number];
/** A strand of a workflow: it waits for any of what it yields, and is told which came. */
type Strand = Generator<readonly string[], void, string>;

/** Where a program is while it runs. */
interface Started {
  readonly key: string;
  /** Asks for its end. */
  readonly cancel: () => void;
  /** Whether its end comes by itself after that. */
  readonly ends: boolean;
}

/** A local activity, which is asked for again after each wait that is a timer. */
interface Local {
  readonly key: string;
  readonly schedule: coresdk.workflow_commands.IScheduleLocalActivity;
  /** The number of its latest command. */
  seq: number;
  /** Runs while the next attempt is waited for. */
  timer?: Started | undefined;
}

class Cancelled extends Error {}

export const encode = (value: unknown): Payload => ({ data: Buffer.from(JSON.stringify(value)) });
export const decode = (payload: Payload | null | undefined): unknown =>
  payload?.data?.length ? JSON.parse(Buffer.from(payload.data).toString()) : undefined;

/** One run of a program, as a workflow in an isolate would be: activations in, commands out, no other influence. */
export class Flow {
  /** What it has seen, in order: its result. */
  readonly seen: string[] = [];
  readonly #resolved = new Map<string, string>();
  readonly #strands: { readonly strand: Strand; keys: readonly string[] }[] = [];
  readonly #patches = new Set<string>();
  /** Local activities by the numbers of their commands. */
  readonly #locals = new Map<number, Local>();
  #commands: Command[] = [];
  #program: Program = { steps: [], end: 'complete', obeys: true };
  #workflowId = '';
  #workflowType = '';
  #sequence = 0;
  #signals = 0;
  #awaited = 0;
  #replaying = false;
  #closed = false;

  /** @throws when the program is poison. */
  activate({ isReplaying, jobs }: coresdk.workflow_activation.WorkflowActivation): Command[] {
    this.#replaying = isReplaying;
    this.#commands = [];
    for (const job of jobs) if (job.notifyHasPatch) this.#patches.add(job.notifyHasPatch.patchId ?? '');
    for (const job of jobs) {
      // What comes in the activation that ends it is not seen any more.
      const seen = this.seen.length;
      const wasClosed = this.#closed;
      this.#take(job);
      if (wasClosed) this.seen.length = seen;
      this.#run();
    }
    if (this.#closed && this.#program.end === 'poison') throw new Error('poison');
    return this.#commands;
  }

  #take(job: Job): void {
    if (job.initializeWorkflow) {
      this.#program = decode(job.initializeWorkflow.arguments?.[0]) as Program;
      this.#workflowId = job.initializeWorkflow.workflowId ?? '';
      this.#workflowType = job.initializeWorkflow.workflowType ?? '';
      this.#spawn(this.#main());
    } else if (job.signalWorkflow) {
      this.seen.push(`signal ${job.signalWorkflow.signalName}`);
      this.#resolve(`signal ${++this.#signals}`, 'came');
    } else if (job.cancelWorkflow) {
      this.seen.push('cancel');
      if (this.#program.obeys) this.#resolve('cancel', 'came');
    } else if (job.doUpdate) this.#update(job.doUpdate);
    else if (job.queryWorkflow) {
      const { queryId } = job.queryWorkflow;
      this.#commands.push({ respondToQuery: { queryId: queryId ?? '', succeeded: { response: encode(this.seen) } } });
    } else this.#settle(job);
  }

  #settle(job: Job): void {
    if (job.fireTimer) this.#resolve(`timer ${job.fireTimer.seq}`, 'fired');
    if (job.resolveActivity) this.#activityEnded(job.resolveActivity);
    const start = job.resolveChildWorkflowExecutionStart;
    if (start?.succeeded) this.seen.push(`child ${start.seq} started`);
    else if (start) this.#resolve(`child ${start.seq}`, start.cancelled ? 'cancelled before' : 'not started');
    const child = job.resolveChildWorkflowExecution;
    if (child) this.#resolve(`child ${child.seq}`, child.result?.completed ? 'completed' : 'ended badly');
    const signalled = job.resolveSignalExternalWorkflow;
    if (signalled) this.#resolve(`external ${signalled.seq}`, signalled.failure ? 'nobody there' : 'delivered');
    const cancelled = job.resolveRequestCancelExternalWorkflow;
    if (cancelled) this.#resolve(`external ${cancelled.seq}`, cancelled.failure ? 'nobody there' : 'delivered');
  }

  #activityEnded({ seq, result }: coresdk.workflow_activation.IResolveActivity): void {
    const local = this.#locals.get(seq ?? 0);
    if (local !== undefined && result?.backoff) return this.#tryAgain(local, result.backoff);
    const how = result?.completed
      ? `result ${decode(result.completed.result) as string}`
      : `${result?.cancelled ? 'cancelled' : 'failed'} ${result?.failed?.failure?.cause?.message ?? ''}`;
    this.#resolve(local?.key ?? `activity ${seq}`, how);
  }

  #tryAgain(local: Local, { attempt, backoffDuration, originalScheduleTime }: Backoff): void {
    const timer = this.#begin({ do: 'timer', ms: durationMs(backoffDuration) });
    local.timer = timer;
    this.#spawn(
      function* (this: Flow): Strand {
        yield [timer.key, local.key];
        if (this.#resolved.has(local.key)) return;
        local.timer = undefined;
        local.seq = ++this.#sequence;
        this.#ask(local, { attempt: attempt ?? 1, originalScheduleTime: originalScheduleTime ?? null });
      }.call(this),
    );
  }

  #ask(local: Local, again: Pick<Local['schedule'], 'attempt' | 'originalScheduleTime'> = {}): void {
    this.#locals.set(local.seq, local);
    this.#commands.push({ scheduleLocalActivity: { ...local.schedule, ...again, seq: local.seq } });
  }

  #cancelLocal(local: Local): void {
    if (local.timer === undefined) {
      this.#commands.push({ requestCancelLocalActivity: { seq: local.seq } });
      return;
    }
    local.timer.cancel();
    this.#resolve(local.key, 'cancelled');
  }

  #update({ protocolInstanceId, name, id, runValidator }: coresdk.workflow_activation.IDoUpdate): void {
    const respond = (what: object): void => {
      this.#commands.push({ updateResponse: { protocolInstanceId: protocolInstanceId ?? '', ...what } });
    };
    if (runValidator && name === 'refused') return respond({ rejected: { message: 'refused' } });
    respond({ accepted: {} });
    this.seen.push(`update ${id}`);
    if (name === 'quick') return respond({ completed: encode(id) });
    this.#spawn(
      function* (this: Flow): Strand {
        yield [this.#begin({ do: 'timer', ms: 300 }).key];
        this.seen.push(`updated ${id}`);
        respond({ completed: encode(id) });
      }.call(this),
    );
  }

  *#main(): Strand {
    try {
      yield* this.#steps(this.#program.steps);
      this.#close(this.#end());
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      this.#close({ cancelWorkflowExecution: {} });
    }
  }

  #end(): Command {
    const { end, next } = this.#program;
    if (end === 'continue') {
      return { continueAsNewWorkflowExecution: { workflowType: this.#workflowType, arguments: [encode(next)] } };
    }
    if (end === 'fail') {
      const failure = { message: 'failed', applicationFailureInfo: { type: 'Failed' } };
      return { failWorkflowExecution: { failure } };
    }
    return { completeWorkflowExecution: { result: encode(this.seen) } };
  }

  #close(command: Command): void {
    this.#closed = true;
    this.#commands.push(command);
  }

  *#steps(steps: readonly Step[]): Strand {
    for (const step of steps) {
      if (step.do === 'patch') this.#patch(step.id);
      else yield* this.#step(step);
    }
  }

  #step(step: Exclude<Step, { do: 'patch' }>): Strand {
    switch (step.do) {
      case 'signalled':
        return this.#signalled(step.ms);
      case 'race':
        return this.#race(this.#begin(step.of), this.#begin({ do: 'timer', ms: step.ms }));
      case 'all':
        return this.#all(step.branches);
      case 'signal':
      case 'cancel':
        return this.#tell(step.do, step.workflowId);
      default:
        return this.#until(this.#begin(step));
    }
  }

  #patch(patchId: string): void {
    if (this.#replaying && !this.#patches.has(patchId)) return;
    this.#patches.add(patchId);
    this.#commands.push({ setPatchMarker: { patchId, deprecated: false } });
    this.seen.push(`patched ${patchId}`);
  }

  /** Waits for something's end, or ends it when the workflow is cancelled. */
  *#until(begun: Started): Strand {
    yield [begun.key, 'cancel'];
    if (!this.#resolved.has(begun.key)) {
      begun.cancel();
      if (begun.ends) yield [begun.key];
      this.#saw(begun);
      throw new Cancelled();
    }
    this.#saw(begun);
  }

  *#race(begun: Started, timer: Started): Strand {
    yield [begun.key, timer.key, 'cancel'];
    for (const each of [begun, timer]) if (!this.#resolved.has(each.key)) each.cancel();
    if (begun.ends) yield [begun.key];
    this.#saw(begun);
  }

  *#signalled(ms: number): Strand {
    const wanted = `signal ${++this.#awaited}`;
    const timer = this.#begin({ do: 'timer', ms });
    yield [wanted, timer.key, 'cancel'];
    if (!this.#resolved.has(timer.key)) timer.cancel();
    if (this.#resolved.has('cancel')) throw new Cancelled();
  }

  *#all(branches: readonly (readonly Step[])[]): Strand {
    const all = `all ${++this.#sequence}`;
    let cancelled = false;
    const branch = function* (this: Flow, steps: readonly Step[], key: string): Strand {
      try {
        yield* this.#steps(steps);
      } catch (error) {
        if (!(error instanceof Cancelled)) throw error;
        cancelled = true;
      }
      this.#resolve(key, 'done');
    };
    for (const [index, steps] of branches.entries()) this.#spawn(branch.call(this, steps, `${all}/${index}`));
    for (const index of branches.keys()) yield [`${all}/${index}`];
    if (cancelled) throw new Cancelled();
  }

  *#tell(what: 'signal' | 'cancel', workflowId: string): Strand {
    const seq = ++this.#sequence;
    const workflowExecution = { namespace: 'default', workflowId };
    if (what === 'signal') {
      const signalName = `from ${this.#workflowId} ${seq}`;
      this.#commands.push({ signalExternalWorkflowExecution: { seq, workflowExecution, signalName } });
    } else this.#commands.push({ requestCancelExternalWorkflowExecution: { seq, workflowExecution } });
    yield [`external ${seq}`];
    this.seen.push(`external ${seq} ${this.#resolved.get(`external ${seq}`)}`);
  }

  #begin(step: Begun): Started {
    const seq = ++this.#sequence;
    const key = `${step.do} ${seq}`;
    if (step.do === 'timer') {
      this.#commands.push({ startTimer: { seq, startToFireTimeout: toDuration(step.ms) } });
      return { key, ends: false, cancel: () => void this.#commands.push({ cancelTimer: { seq } }) };
    }
    if (step.do === 'activity') {
      this.#commands.push({ scheduleActivity: scheduleActivity(seq, step.activity) });
      return { key, ends: true, cancel: () => void this.#commands.push({ requestCancelActivity: { seq } }) };
    }
    if (step.do === 'local') {
      const local: Local = { key, seq, schedule: scheduleLocal(seq, step.activity) };
      this.#ask(local);
      return { key, ends: true, cancel: () => this.#cancelLocal(local) };
    }
    const { child } = step;
    this.#commands.push({
      startChildWorkflowExecution: {
        seq,
        namespace: 'default',
        workflowId: child.workflowId || `${this.#workflowId}/${seq}`,
        workflowType: 'program',
        taskQueue: 'work',
        input: [encode(child.program)],
        workflowRunTimeout: toDuration(patience(child.program)),
        parentClosePolicy: child.parentClosePolicy,
        cancellationType: child.cancellationType,
        retryPolicy: child.maximumAttempts ? workflowRetries(child.maximumAttempts) : null,
      },
    });
    const cancel = (): void => void this.#commands.push({ cancelChildWorkflowExecution: { childWorkflowSeq: seq } });
    return { key, ends: true, cancel };
  }

  #saw({ key }: Started): void {
    this.seen.push(`${key} ${this.#resolved.get(key) ?? 'given up'}`);
  }

  #resolve(key: string, how: string): void {
    if (!this.#resolved.has(key)) this.#resolved.set(key, how);
  }

  #spawn(strand: Strand): void {
    this.#strands.push({ strand, keys: [] });
  }

  #run(): void {
    for (;;) {
      const ready = this.#strands.find(({ keys }) => keys.length === 0 || keys.some((key) => this.#resolved.has(key)));
      if (ready === undefined || this.#closed) return;
      const came = ready.keys.find((key) => this.#resolved.has(key)) ?? '';
      const { done, value } = ready.strand.next(came);
      if (done) this.#strands.splice(this.#strands.indexOf(ready), 1);
      else ready.keys = value;
    }
  }
}

function scheduleActivity(
  seq: number,
  plan: Extract<Begun, { do: 'activity' }>['activity'],
): coresdk.workflow_commands.IScheduleActivity {
  return {
    seq,
    activityId: `a${seq}`,
    activityType: 'plan',
    taskQueue: 'work',
    arguments: [encode(plan)],
    startToCloseTimeout: toDuration(plan.startToClose),
    scheduleToCloseTimeout: plan.scheduleToClose ? toDuration(plan.scheduleToClose) : null,
    heartbeatTimeout: plan.heartbeats ? toDuration(2500) : null,
    retryPolicy: { initialInterval: toDuration(200), maximumAttempts: plan.maximumAttempts },
    cancellationType: plan.cancellationType,
  };
}

function scheduleLocal(seq: number, plan: LocalPlan): Local['schedule'] {
  return {
    activityId: `l${seq}`,
    activityType: 'plan',
    arguments: [encode(plan)],
    startToCloseTimeout: toDuration(plan.startToClose),
    scheduleToCloseTimeout: plan.scheduleToClose ? toDuration(plan.scheduleToClose) : null,
    retryPolicy: { initialInterval: toDuration(200), maximumAttempts: plan.maximumAttempts },
    localRetryThreshold: toDuration(plan.retryThreshold),
    cancellationType: plan.cancellationType,
  };
}
