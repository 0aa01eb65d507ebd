import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { type Priority, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import type { LimitOptions } from '../agent/limits.ts';
import { parseTime } from '../agent/time.ts';
import type { InputOf } from '../agent/inference.ts';
import type { AnyAgent, Time } from '../agent/types.ts';
import {
  AGENT_MEMO,
  AGENT_WORKFLOW,
  type AgentRunInput,
  DEFAULT_TASK_QUEUE,
  type JsonObject,
  START_MEMO,
  type TraceContext,
  type UserContent,
} from '../workflow/protocol/index.ts';
import { type ClientContext, type RunReference, toRunError, translated } from './context.ts';
import { RunExistsError } from './errors.ts';
import { givenLimits } from './limits.ts';
import { fingerprint, wasStartedSo } from './same-start.ts';
import { checkContent, checkId, checkJson, tooLarge } from './sendable.ts';

/**
 * How a run is started.
 * @typeParam Input what the agent takes.
 */
export interface StartOptions<Input = UserContent | JsonObject> {
  /** What the user says; with an input schema of the agent, what that says. */
  readonly input: Input;
  /** Names the run, for ever: the workflow id. Default: the agent's name and a random UUID. */
  readonly id?: string;
  /**
   * When there is a run with this id, open or ended: `fail` throws RunExistsError, `use` takes that run, `same` takes it if it was started by the same
   * start: with `same`, too, and with equal input and options. Default: `fail`.
   */
  readonly ifExists?: 'fail' | 'use' | 'same';
  /** The author's own, kept with the run and given to tools and instructions. */
  readonly metadata?: JsonObject;
  /** Below the agent's own, which those left out stay. */
  readonly limits?: LimitOptions;
  /** Default: that of the client. */
  readonly taskQueue?: string;
  /** Ends the run, as timed out, without cleaning up. Default: never. A limit of `duration` ends it in order. */
  readonly timeout?: Time;
  /** Which runs go first when workers are busy. */
  readonly priority?: Priority;
}

/** What a run of an agent is started with, without a name and a moment: for whoever starts runs by other means, such as a job scheduler. */
export interface AgentStart {
  /** The workflow that runs agents. */
  readonly workflowType: string;
  /** Where. */
  readonly taskQueue: string;
  /** Its arguments. */
  readonly args: readonly unknown[];
  /** By which runs of agents are found. */
  readonly memo: Record<string, unknown>;
  /** Shown in Temporal's UI. */
  readonly staticSummary: string;
  /** Milliseconds. Left out: no limit. */
  readonly workflowExecutionTimeout?: number;
  /** Left out: the default. */
  readonly priority?: Priority;
}

/**
 * What a run of an agent is started with, as other starters than `connect` take it.
 * @throws ConfigurationError for impossible limits and for input that cannot be sent, DefinitionError when the timeout is no time.
 * @example
 * await engine.jobSchedulers.upsert('digest', { pattern: '0 7 * * *' }, agentStart(digest, { input: 'What is new?' }));
 */
export function agentStart<A extends AnyAgent>(
  agent: A,
  options: Omit<StartOptions<InputOf<A>>, 'id' | 'ifExists'>,
): AgentStart;
export function agentStart(agent: string, options: Omit<StartOptions, 'id' | 'ifExists'>): AgentStart;
export function agentStart(
  agent: AnyAgent | string,
  options: Omit<StartOptions<unknown>, 'id' | 'ifExists'>,
): AgentStart {
  return startOf(typeof agent === 'string' ? agent : agent.name, options, options.taskQueue ?? DEFAULT_TASK_QUEUE);
}

function startOf(
  agent: string,
  options: Omit<StartOptions<unknown>, 'id' | 'ifExists'>,
  taskQueue: string,
): AgentStart {
  const { input, metadata, limits, timeout, priority } = options;
  checkId(agent, 'agent');
  checkContent(input, 'input');
  checkJson(metadata, 'metadata');
  const run: AgentRunInput = {
    agent,
    input: input as AgentRunInput['input'],
    ...(metadata === undefined ? {} : { metadata }),
    ...(limits === undefined ? {} : { limits: givenLimits(limits) }),
  };
  return {
    workflowType: AGENT_WORKFLOW,
    taskQueue,
    args: [run],
    memo: { [AGENT_MEMO]: agent },
    staticSummary: agent,
    ...(timeout === undefined ? {} : { workflowExecutionTimeout: parseTime(timeout, 'timeout') }),
    ...(priority === undefined ? {} : { priority }),
  };
}

/**
 * Starts a run of an agent.
 * @throws RunExistsError, EngineUnavailableError; ConfigurationError for impossible ids and limits and for input that cannot be sent,
 * DefinitionError when the timeout is no time.
 */
export async function startRun(
  { client, taskQueue, trace }: ClientContext,
  agent: string,
  options: StartOptions<unknown>,
): Promise<RunReference> {
  const { id: workflowId = `${agent}-${randomUUID()}`, ifExists = 'fail' } = options;
  checkId(workflowId, 'id');
  const { workflowType, args, memo, ...start } = startOf(agent, options, options.taskQueue ?? taskQueue);
  const print = ifExists === 'same' ? fingerprint({ args, ...start }) : undefined;
  try {
    const { firstExecutionRunId } = await client.workflow.start(workflowType, {
      ...start,
      workflowId,
      // No part of what is the same: a request that is sent twice is another one in its trace.
      args: traced(args, trace?.()),
      memo: { ...memo, ...(print === undefined ? {} : { [START_MEMO]: print }) },
      // An id is for ever: whoever sends a request twice must not get two runs, even if the first is quick.
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      workflowIdConflictPolicy:
        ifExists === 'use' ? WorkflowIdConflictPolicy.USE_EXISTING : WorkflowIdConflictPolicy.FAIL,
    });
    // Of a run that was there, the server names the newest of its chain.
    return ifExists === 'use' ? { workflowId } : { workflowId, firstRunId: firstExecutionRunId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError))
      throw tooLarge('input', error) ?? toRunError(workflowId, error);
    if (ifExists === 'use') return { workflowId };
    if (print !== undefined && (await translated(workflowId, () => wasStartedSo(client, workflowId, print))))
      return { workflowId };
    throw new RunExistsError(workflowId, { cause: error });
  }
}

function traced(args: readonly unknown[], trace: TraceContext | undefined): unknown[] {
  return trace === undefined ? [...args] : args.map((run) => ({ ...(run as AgentRunInput), trace }));
}
