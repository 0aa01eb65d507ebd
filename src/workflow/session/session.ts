import { defineQuery, defineSignal, defineUpdate, setHandler, workflowInfo } from '@temporalio/workflow';
import {
  ANSWER_WAIT,
  ASYNC_TOOL_COMPLETED,
  CHILD_ENDED,
  DELIVER_ANSWER,
  PENDING,
  SPENT,
  USER_INPUT,
  WAIT_CHANGED,
  type ChildReport,
  type JsonObject,
  type Lineage,
  type Spent,
  type ToolCaller,
  type Wait,
  type WaitAnswer,
} from '../protocol/index.ts';
import { childPath } from '../agent/ids.ts';
import { addSpent, NOTHING_SPENT } from '../agent/spending.ts';
import { readAnswer } from '../waits/answers.ts';
import { Waits, type CarriedWaits } from '../waits/waits.ts';
import { Outbox } from './outbox.ts';
import { readFullAnswer, readReport, readWaitChange } from './reading.ts';

/** Who a run is. */
export interface SessionOptions {
  /** The agent's name, or the type of an author's own workflow. */
  readonly agent: string;
  readonly lineage?: Lineage | undefined;
  readonly carried?: CarriedWaits | undefined;
  readonly spent?: Spent | undefined;
  /** Called when the root turns out to be gone. */
  readonly onOrphaned?: () => void;
}

/** What all pieces of one run share: its waits, what it tells other runs, what it hears of its sub-agents, and what it has spent. */
export class Session {
  readonly agent: string;
  readonly lineage: Lineage | undefined;
  readonly outbox: Outbox = new Outbox();
  readonly waits: Waits;
  /** What sub-agents said when they ended, by workflow id, until somebody takes it. */
  readonly reports: Map<string, ChildReport> = new Map();
  /** With what sub-agents spent. */
  spent: Spent;
  readonly #names = new Map<string, number>();

  constructor(options: SessionOptions) {
    const { agent, lineage, carried, spent = NOTHING_SPENT, onOrphaned = () => {} } = options;
    this.agent = agent;
    this.lineage = lineage;
    this.spent = spent;
    this.waits = new Waits({ agent, lineage, outbox: this.outbox, onOrphaned }, carried);
  }

  /** Who calls a tool. @param agent this run's, or the sub-agent whose call it was. */
  caller(metadata: JsonObject | undefined, agent: string = this.agent): ToolCaller {
    return { agent, ...this.#root, ...(metadata ? { metadata } : {}) };
  }

  /** Where a sub-agent stands that answers a call of this run. */
  lineageBelow(toolCallId: string): Lineage {
    const { workflowId } = workflowInfo();
    const path = childPath(this.lineage?.path ?? '', toolCallId);
    return { ...this.#root, parentWorkflowId: workflowId, toolCallId, path };
  }

  /**
   * A name that no other piece has, of this run or of those that it continues: `a1`, `a2`, …; in a run that continues another one with the
   * beginning of its run id. An agent of the run before may still be cleaning up, and an answer for a call of it may still come.
   */
  nextName(letter: string): string {
    const count = (this.#names.get(letter) ?? 0) + 1;
    this.#names.set(letter, count);
    const { continuedFromExecutionRunId, runId } = workflowInfo();
    return `${letter}${count}${continuedFromExecutionRunId === undefined ? '' : `-${runId.slice(0, 8)}`}`;
  }

  /** A sub-agent has ended. @returns what it said about that, which is taken with it. */
  ended(workflowId: string): ChildReport['end'] | undefined {
    const report = this.reports.get(workflowId);
    this.reports.delete(workflowId);
    this.waits.dropBelow(workflowId, report === undefined);
    return report?.end;
  }

  /** Counts what was used. */
  spend(spent: Spent): void {
    this.spent = addSpent(this.spent, spent);
  }

  get #root(): Pick<Lineage, 'rootWorkflowId' | 'rootRunId'> {
    const { workflowId, firstExecutionRunId } = workflowInfo();
    if (!this.lineage) return { rootWorkflowId: workflowId, rootRunId: firstExecutionRunId };
    const { rootWorkflowId, rootRunId } = this.lineage;
    return rootRunId === undefined ? { rootWorkflowId } : { rootWorkflowId, rootRunId };
  }
}

const answerWait = defineUpdate<void, [WaitAnswer]>(ANSWER_WAIT);
const userInput = defineSignal<[unknown]>(USER_INPUT);
const asyncToolCompleted = defineSignal<[unknown]>(ASYNC_TOOL_COMPLETED);
const waitChanged = defineSignal<[unknown]>(WAIT_CHANGED);
const deliverAnswer = defineSignal<[unknown]>(DELIVER_ANSWER);
const childEnded = defineSignal<[unknown]>(CHILD_ENDED);
const pending = defineQuery<readonly Wait[]>(PENDING);
const spent = defineQuery<Spent>(SPENT);

let current: Session | undefined;

/** Opens this run's session and answers what others ask it. Once per run. */
export function openSession(options: SessionOptions): Session {
  const session = new Session(options);
  current = session;
  const { waits, reports } = session;
  // Handlers do all their work at once, so that none is ever in the way of continuing as new.
  setHandler(answerWait, (answer) => waits.accept(answer), { validator: (answer) => waits.check(answer) });
  setHandler(userInput, (argument) => waits.receive(readAnswer('input', argument)));
  setHandler(asyncToolCompleted, (argument) => waits.receive(readAnswer('tool', argument)));
  setHandler(waitChanged, (argument) => {
    const change = readWaitChange(argument);
    if (change) waits.changed(change);
  });
  setHandler(deliverAnswer, (argument) => {
    const answer = readFullAnswer(argument);
    if (answer) waits.receiveFromRoot(answer);
  });
  setHandler(childEnded, (argument) => {
    const report = readReport(argument);
    if (report) reports.set(report.workflowId, report);
  });
  setHandler(pending, () => waits.open);
  setHandler(spent, () => session.spent);
  return session;
}

/** The session of this run; of an author's own workflow, it begins with the first piece that is used. */
export function currentSession(): Session {
  return current ?? openSession({ agent: workflowInfo().workflowType });
}
