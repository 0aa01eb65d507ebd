import type { Client } from '@temporalio/client';
import { cpuMsSince } from '../measure.ts';
import type { manyActivities } from '../workflows/index.ts';
import type { TurnCost } from './figures.ts';

/** Activities of the long run; each makes six events. */
const TURNS = 1801;
const TURNS_OF_PART = 300;
const EVENTS_OF_TURN = 6;

/** Measures the turns of one long run: its worker has `tool` among its activities. */
export class LongRun {
  #turns: TurnCost[] = [];
  #cpu = process.cpuUsage();

  /** The activity of the long run: looks at the clock now and then. */
  readonly tool = async (turn: number): Promise<string> => {
    if (turn % TURNS_OF_PART === 0) {
      if (turn > 0) this.#turns.push({ events: turn * EVENTS_OF_TURN, cpuMs: cpuMsSince(this.#cpu) / TURNS_OF_PART });
      this.#cpu = process.cpuUsage();
    }
    return 'done';
  };

  /** Runs it. */
  async measure(client: Client, taskQueue: string, workflowId: string): Promise<readonly TurnCost[]> {
    this.#turns = [];
    await client.workflow.execute<typeof manyActivities>('manyActivities', { taskQueue, workflowId, args: [TURNS] });
    return this.#turns;
  }
}
