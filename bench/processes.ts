import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConversationFigures, ConversationRequest } from './agents/conversation.ts';
import { forkFile, nextMessage } from './fork.ts';
import type { Amount, Figures } from './measure.ts';
import type { Answer, Request } from './system-process.ts';
import type { Surroundings, System } from './systems.ts';
import type { Workload } from './workloads.ts';
import { timed } from './workloads.ts';

/** A system in a process of its own, so that systems do not share a heap. It rests while others are measured. */
export class SystemProcess {
  readonly system: System;
  readonly #child: ChildProcess;

  private constructor(system: System, child: ChildProcess) {
    this.system = system;
    this.#child = child;
  }

  /** Starts a system; resolves when it can be measured. */
  static async start(system: System, surroundings: Surroundings): Promise<SystemProcess> {
    const started = new SystemProcess(system, forkFile('system-process.ts', [system, JSON.stringify(surroundings)]));
    await started.#answer();
    return started;
  }

  /** Measures one workload. */
  async measure(workload: Workload, amount: Amount): Promise<Figures> {
    const answer = await this.#ask({ workload, amount });
    if (typeof answer === 'object' && 'figures' in answer) return answer.figures;
    throw new Error(`${this.system}, ${workload}: ${JSON.stringify(answer)}`);
  }

  /** Has a long conversation. */
  async converse(conversation: ConversationRequest): Promise<ConversationFigures> {
    const answer = await this.#ask({ conversation });
    if (typeof answer === 'object' && 'conversation' in answer) return answer.conversation;
    throw new Error(`${this.system}, conversation: ${JSON.stringify(answer)}`);
  }

  /** Ends it in good order. */
  async close(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.send('close' satisfies Request);
    await gone;
  }

  async #ask(request: Request): Promise<Answer> {
    this.#child.send(request);
    return await this.#answer();
  }

  #answer(): Promise<Answer> {
    return nextMessage(this.#child, this.system) as Promise<Answer>;
  }
}

/** What a process that starts cold needs. */
export interface ColdStart {
  readonly system: System;
  /** The compiled embedded engine. */
  readonly engineModule: string;
  /** A workflow file or a bundle. */
  readonly workflows: string;
  readonly address: string;
}

/** How long a process takes from its start to its first result. */
export async function coldStart({ system, engineModule, workflows, address }: ColdStart): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-bench-'));
  const place = system === 'temporal' ? address : join(folder, 'bench.db');
  let child: ChildProcess | undefined;
  try {
    let used: unknown;
    const ms = await timed(async () => {
      child = forkFile('cold-start.ts', [system, engineModule, workflows, place]);
      used = await nextMessage(child, system);
    });
    const cpu = used as NodeJS.CpuUsage;
    return { runsPerSecond: null, p50Ms: ms, p95Ms: ms, cpuMs: (cpu.user + cpu.system) / 1000 };
  } finally {
    if (child !== undefined && child.exitCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await rm(folder, { recursive: true });
  }
}
