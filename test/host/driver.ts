import { fileURLToPath } from 'node:url';
import { defaultPayloadConverter, TypedSearchAttributes } from '@temporalio/common';
import proto, { type coresdk } from '@temporalio/proto';
import Long from 'long';
import {
  parseWorkflowCode,
  type Workflow,
  type WorkflowBundleWithSourceMapAndFilename,
  type WorkflowCreateOptions,
  type WorkflowCreator,
} from '../../src/official.ts';
import { bundleOf } from '../support/bundle.ts';

const { WorkflowActivation } = proto.coresdk.workflow_activation;

type Job = coresdk.workflow_activation.IWorkflowActivationJob;
type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;
type Command = coresdk.workflow_commands.IWorkflowCommand;

/** The path of the fixture workflows. */
export const WORKFLOWS_PATH: string = fileURLToPath(new URL('./workflows/index.ts', import.meta.url));

/** Bundles the fixtures as the official worker does. */
export async function bundleFixtures(): Promise<WorkflowBundleWithSourceMapAndFilename> {
  const { code } = await bundleOf(WORKFLOWS_PATH);
  return parseWorkflowCode(code);
}

/** The time of all activations, in milliseconds. */
export const TEST_TIME = 1_700_000_000_000;

let runs = 0;

/** Hands activations to one run as a core would. */
export class DrivenRun {
  readonly runId: string;
  readonly #workflow: Workflow;
  readonly #type: string;
  readonly #args: readonly unknown[];

  private constructor(workflow: Workflow, runId: string, type: string, args: readonly unknown[]) {
    this.#workflow = workflow;
    this.runId = runId;
    this.#type = type;
    this.#args = args;
  }

  /** Creates a run of the type; nothing of it executes yet. */
  static async create(
    creator: WorkflowCreator,
    type: string,
    args: readonly unknown[] = [],
    runId: string = `run-${++runs}`,
  ): Promise<DrivenRun> {
    const workflow = await creator.createWorkflow(createOptions(type, runId));
    return new DrivenRun(workflow, runId, type, args);
  }

  /** The first activation. */
  start(others: Job[] = [], more: coresdk.workflow_activation.IWorkflowActivation = {}): Promise<Completion> {
    const jobs: Job[] = [
      {
        initializeWorkflow: {
          workflowType: this.#type,
          workflowId: this.runId,
          arguments: this.#args.map((arg) => defaultPayloadConverter.toPayload(arg)),
          randomnessSeed: Long.fromNumber(7),
          attempt: 1,
        },
      },
    ];
    return this.activate([...jobs, ...others], more);
  }

  /** One activation with these jobs. */
  activate(jobs: Job[], more: coresdk.workflow_activation.IWorkflowActivation = {}): Promise<Completion> {
    return this.#workflow.activate(
      WorkflowActivation.fromObject({
        runId: this.runId,
        timestamp: { seconds: TEST_TIME / 1000, nanos: 0 },
        historyLength: 3,
        jobs,
        availableInternalFlags: [1, 2, 3],
        ...more,
      }),
    );
  }

  /** The signal that the fixtures wait for. */
  release(): Promise<Completion> {
    return this.activate([{ signalWorkflow: { signalName: 'release', input: [] } }]);
  }

  /** One query. */
  query(queryType: string): Promise<Completion> {
    return this.activate([{ queryWorkflow: { queryId: 'q', queryType, arguments: [] } }]);
  }

  /** The sink calls of the last activation. */
  sinkCalls(): ReturnType<Workflow['getAndResetSinkCalls']> {
    return this.#workflow.getAndResetSinkCalls();
  }

  /** Evicts the run. */
  dispose(): Promise<void> {
    return this.#workflow.dispose();
  }
}

/** Runs `fiveActivities` from start to result, as fast as the creator can. */
export async function driveFiveActivities(creator: WorkflowCreator): Promise<void> {
  const run = await DrivenRun.create(creator, 'fiveActivities', ['hi']);
  let completion = await run.start();
  for (;;) {
    await run.sinkCalls();
    const scheduled = commandsOf(completion).flatMap(({ scheduleActivity }) => scheduleActivity ?? []);
    if (scheduled.length === 0) break;
    const result = { completed: { result: defaultPayloadConverter.toPayload('done') } };
    completion = await run.activate(scheduled.map(({ seq }) => ({ resolveActivity: { seq: seq ?? 0, result } })));
  }
  if (resultOf(completion) !== 6) throw new Error(JSON.stringify(completion));
  await run.dispose();
}

/** The commands of a completion; throws with the failure if there is one. */
export function commandsOf(completion: Completion): Command[] {
  if (completion.failed != null) throw new Error(completion.failed.failure?.message ?? 'failed');
  return completion.successful?.commands ?? [];
}

/** The result of a run that this completion ended. */
export function resultOf(completion: Completion): unknown {
  const ending = commandsOf(completion).find((command) => command.completeWorkflowExecution != null);
  const payload = ending?.completeWorkflowExecution?.result;
  if (payload == null) throw new Error(`Not completed: ${JSON.stringify(completion)}`);
  return defaultPayloadConverter.fromPayload(payload);
}

function createOptions(workflowType: string, runId: string): WorkflowCreateOptions {
  return {
    info: {
      workflowId: runId,
      runId,
      workflowType,
      searchAttributes: {},
      typedSearchAttributes: new TypedSearchAttributes(),
      attempt: 1,
      historyLength: 3,
      historySize: 0,
      continueAsNewSuggested: false,
      taskQueue: 'queue',
      namespace: 'default',
      firstExecutionRunId: runId,
      originalExecutionRunId: runId,
      startTime: new Date(TEST_TIME),
      runStartTime: new Date(TEST_TIME),
      taskTimeoutMs: 10_000,
      unsafe: { isReplaying: false, isReplayingHistoryEvents: false },
      priority: {},
    },
    randomnessSeed: [1, 2, 3, 4],
    now: TEST_TIME,
    showStackTraceSources: false,
  } as unknown as WorkflowCreateOptions;
}
