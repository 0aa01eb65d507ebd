import type { temporal } from '@temporalio/proto';
import { WorkflowExecutionStatus, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '../../core/proto.ts';
import { grpcStatus, hasCode, multiOperation, unavailable, workflowAlreadyStarted } from '../../runtime/errors.ts';
import { Locks } from '../../runtime/frontend/locks.ts';
import type { CallOptions, RequestOf, ResponseOf } from '../../runtime/service.ts';
import type { Part } from './part.ts';
import type { Found, Places } from './places.ts';
import type { StartLike } from './rules.ts';

type StartRequest = RequestOf<'startWorkflowExecution'>;
type SignalRequest = RequestOf<'signalWithStartWorkflowExecution'>;
type MultiRequest = RequestOf<'executeMultiOperation'>;
type Policies = Pick<StartRequest, 'workflowIdConflictPolicy' | 'workflowIdReusePolicy'>;

/** What starts need. */
export interface StartRoutes {
  readonly parts: readonly Part[];
  readonly places: Places;
  /** The engine that the rules lead a start to. */
  readonly choose: (request: StartLike) => Promise<Part>;
}

/** What stands in the way of a start on another engine, or `free`. `last` is the newest run of the id when that is on another engine. */
type Verdict =
  | { readonly type: 'free'; readonly policies: Policies }
  | { readonly type: 'use'; readonly existing: Found }
  | { readonly type: 'refused'; readonly error: Error };

/** Ids may change engines between looking and starting; then it is looked again, this often. */
const ATTEMPTS = 5;

/**
 * The RPCs that start runs: on the engine that the rules say, unless the workflow id is in use on another one. Then the policies of the request hold
 * as if all were one engine.
 */
export class Starts {
  readonly #routes: StartRoutes;
  readonly #locks = new Locks();

  constructor(routes: StartRoutes) {
    this.#routes = routes;
  }

  /** As the RPC. */
  async start(request: StartRequest, options?: CallOptions): Promise<ResponseOf<'startWorkflowExecution'>> {
    return await this.#place(request, request, {
      begin: async (part, policies) => await part.call('startWorkflowExecution', { ...request, ...policies }, options),
      use: async ({ part }) =>
        await unlessGone(async () => await part.call('startWorkflowExecution', usingOnly(request), options)),
      refuse: (error) => error,
    });
  }

  /** As the RPC. */
  async signal(request: SignalRequest, options?: CallOptions): Promise<ResponseOf<'signalWithStartWorkflowExecution'>> {
    const { workflowIdConflictPolicy } = request;
    const policy = workflowIdConflictPolicy || WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING;
    return await this.#place(
      request,
      { ...request, workflowIdConflictPolicy: policy },
      {
        begin: async (part, { workflowIdReusePolicy }) =>
          await part.call(
            'signalWithStartWorkflowExecution',
            workflowIdReusePolicy ? { ...request, workflowIdReusePolicy } : request,
            options,
          ),
        use: async ({ part, runId }) =>
          await unlessGone(async () => {
            await part.call('signalWorkflowExecution', signalTo(request, runId), options);
            return { runId, started: false };
          }),
        refuse: (error) => error,
      },
    );
  }

  /** As the RPC; only update-with-start begins with a start, and there is no other pair of operations. */
  async multi(request: MultiRequest, options?: CallOptions): Promise<ResponseOf<'executeMultiOperation'>> {
    const start = request.operations?.[0]?.startWorkflow ?? {};
    const pass = async (part: Part, policies: Policies): Promise<ResponseOf<'executeMultiOperation'>> =>
      await part.call('executeMultiOperation', within(request, part, policies), options);
    return await this.#place(start, start, {
      begin: pass,
      use: async ({ part }) => await unlessGone(async () => await pass(part, usingOnly(start))),
      refuse: (error) => multiOperation([error as Parameters<typeof multiOperation>[0][number], 'aborted']),
    });
  }

  async #place<Answer extends { readonly runId?: string | null } | object>(
    request: StartLike,
    policies: Policies,
    to: {
      readonly begin: (part: Part, policies: Policies) => Promise<Answer>;
      /** @returns `undefined` when the run has closed meanwhile. */
      readonly use: (existing: Found) => Promise<Answer | undefined>;
      readonly refuse: (error: Error) => Error;
    },
  ): Promise<Answer> {
    const { choose, places } = this.#routes;
    const part = await choose(request);
    const workflowId = request.workflowId ?? '';
    return await this.#locks.run([workflowId], async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const verdict = await this.#judge(part, workflowId, policies);
        if (verdict.type === 'refused') throw to.refuse(verdict.error);
        const answer =
          verdict.type === 'free' ? await to.begin(part, verdict.policies) : await to.use(verdict.existing);
        if (answer === undefined) continue;
        places.note(verdict.type === 'free' ? part : verdict.existing.part, workflowId, runIdOf(answer));
        return answer;
      }
      throw unavailable(`The workflow id ${workflowId} is being used elsewhere. Try again.`);
    });
  }

  async #judge(part: Part, workflowId: string, policies: Policies): Promise<Verdict> {
    const { parts, places } = this.#routes;
    const others = workflowId === '' ? [] : parts.filter((other) => other !== part);
    const free = { type: 'free', policies } as const;
    const elsewhere = await places.newest(workflowId, others);
    if (elsewhere === undefined) return free;
    if (elsewhere.isOpen) return await conflict(elsewhere, workflowId, policies);
    // What it was last decides, wherever it was.
    const here = await places.newest(workflowId, [part]);
    if (here !== undefined && (here.isOpen || here.startedAt >= elsewhere.startedAt)) return free;
    return reuse(elsewhere, workflowId, policies);
  }
}

const { WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING: TERMINATE, WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING: USE } =
  WorkflowIdConflictPolicy;
const {
  WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE: ALLOW,
  WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY: FAILED_ONLY,
  WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE: REJECT,
  WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING: TERMINATE_IF_RUNNING,
} = WorkflowIdReusePolicy;

/** The id is that of an open run on another engine. */
async function conflict(existing: Found, workflowId: string, policies: Policies): Promise<Verdict> {
  const { workflowIdConflictPolicy, workflowIdReusePolicy } = policies;
  if (workflowIdConflictPolicy === USE) return { type: 'use', existing };
  const terminates = workflowIdConflictPolicy === TERMINATE || workflowIdReusePolicy === TERMINATE_IF_RUNNING;
  if (!terminates) return refused('running', existing, workflowId);
  const workflowExecution = { workflowId, runId: existing.runId };
  const reason = 'Terminated by a start of the same workflow id on another engine.';
  await unlessGone(async () => await existing.part.call('terminateWorkflowExecution', { workflowExecution, reason }));
  return { type: 'free', policies };
}

/** The id was last that of a run on another engine that is closed. */
function reuse(closed: Found, workflowId: string, policies: Policies): Verdict {
  const policy = policies.workflowIdReusePolicy;
  if (policy === REJECT) return refused('finished', closed, workflowId);
  if (policy !== FAILED_ONLY) return { type: 'free', policies };
  if (closed.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED)
    return refused('finished successfully', closed, workflowId);
  // The engine itself would look at an older run of its own.
  return { type: 'free', policies: { ...policies, workflowIdReusePolicy: ALLOW } };
}

function refused(reason: Parameters<typeof workflowAlreadyStarted>[0], { runId }: Found, workflowId: string): Verdict {
  return { type: 'refused', error: workflowAlreadyStarted(reason, workflowId, { runId, startRequestId: '' }) };
}

/** A start that only finds the open run of its id. */
function usingOnly<Request extends Policies>(request: Request): Request {
  return { ...request, workflowIdConflictPolicy: USE, workflowIdReusePolicy: REJECT };
}

async function unlessGone<Answer>(work: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, grpcStatus.NOT_FOUND, grpcStatus.ALREADY_EXISTS)) return undefined;
    throw error;
  }
}

function signalTo(request: SignalRequest, runId: string): RequestOf<'signalWorkflowExecution'> {
  const { workflowId, signalName, signalInput, header, identity, requestId, links } = request;
  return {
    workflowExecution: { workflowId: workflowId ?? '', runId },
    signalName: signalName ?? '',
    input: signalInput ?? null,
    header: header ?? null,
    identity: identity ?? '',
    requestId: requestId ?? '',
    links: links ?? [],
  };
}

/** Each operation names the namespace, too. */
function within(request: MultiRequest, { namespace }: Part, policies: Policies): MultiRequest {
  const { workflowIdConflictPolicy, workflowIdReusePolicy } = policies;
  const operations = (request.operations ?? []).map(({ startWorkflow, updateWorkflow }) => ({
    ...(startWorkflow
      ? {
          startWorkflow: {
            ...startWorkflow,
            namespace,
            workflowIdConflictPolicy: workflowIdConflictPolicy ?? null,
            workflowIdReusePolicy: workflowIdReusePolicy ?? null,
          },
        }
      : {}),
    ...(updateWorkflow ? { updateWorkflow: { ...updateWorkflow, namespace } } : {}),
  }));
  return { ...request, operations };
}

function runIdOf(answer: object): string | undefined {
  const { runId, responses } = answer as {
    readonly runId?: string | null;
    readonly responses?: readonly temporal.api.workflowservice.v1.ExecuteMultiOperationResponse.IResponse[] | null;
  };
  return runId ?? responses?.[0]?.startWorkflow?.runId ?? undefined;
}
