import type { temporal } from '@temporalio/proto';
import { toDuration } from '../../src/core/proto.ts';
import type { Random } from './random.ts';

/** One thing that a workflow does. */
export type Step =
  | { readonly do: 'timer'; readonly ms: number }
  | { readonly do: 'activity'; readonly activity: ActivityPlan }
  | { readonly do: 'local'; readonly activity: LocalPlan }
  | { readonly do: 'child'; readonly child: ChildPlan }
  | { readonly do: 'signalled'; readonly ms: number }
  | { readonly do: 'race'; readonly of: Begun; readonly ms: number }
  | { readonly do: 'all'; readonly branches: readonly (readonly Step[])[] }
  | { readonly do: 'signal' | 'cancel'; readonly workflowId: string }
  | { readonly do: 'patch'; readonly id: string };

/** What is begun now and ends later. */
export type Begun = Extract<Step, { do: 'timer' | 'activity' | 'local' | 'child' }>;

/** How an activity behaves. Times in milliseconds, none for 0. */
export interface ActivityPlan {
  /** The first attempts, which fail or never answer. */
  readonly bad: readonly ('fails' | 'fails for good' | 'hangs' | 'answers late')[];
  readonly ms: number;
  readonly heartbeats: boolean;
  readonly maximumAttempts: number;
  readonly startToClose: number;
  readonly scheduleToClose: number;
  readonly cancellationType: number;
}

/** How a local activity behaves. Times in milliseconds. */
export interface LocalPlan extends ActivityPlan {
  /** Waits between attempts that are longer are timers. */
  readonly retryThreshold: number;
}

export interface ChildPlan {
  /** Empty: one of its own. */
  readonly workflowId: string;
  readonly program: Program;
  readonly parentClosePolicy: number;
  readonly cancellationType: number;
  /** Attempts of the workflow; 0: it has no retry policy. */
  readonly maximumAttempts: number;
}

/** All that a workflow does, as its input. */
export interface Program {
  readonly steps: readonly Step[];
  readonly end: 'complete' | 'fail' | 'continue' | 'poison';
  /** What the next run does. */
  readonly next?: Program | undefined;
  /** Whether it ends when it is cancelled. */
  readonly obeys: boolean;
}

/** How long a chain may take, in milliseconds; 0 for ever. Poison never ends by itself. */
export function patience(program: Program): number {
  for (let part: Program | undefined = program; part !== undefined; part = part.next)
    if (part.end === 'poison') return 60_000;
  return 0;
}

/** How workflows are tried again. */
export function workflowRetries(maximumAttempts: number): temporal.api.common.v1.IRetryPolicy {
  return { maximumAttempts, initialInterval: toDuration(100) };
}

export const workflowIds = ['w0', 'w1', 'w2'] as const;
/** The workflow id of a cron workflow. */
export const cronId = 'cron';

/** A workflow that ends by itself, whatever happens to it. */
export function makeProgram(random: Random, depth = 0): Program {
  const end = random.chance(0.6) ? 'complete' : random.pick(['fail', 'continue', 'continue', 'poison'] as const);
  const steps = Array.from({ length: random.int(4 - depth) + (depth > 0 ? 0 : 1) }, () => makeStep(random, depth));
  const next = end === 'continue' && depth < 3 ? makeProgram(random, depth + 1) : undefined;
  return { steps, end: end === 'continue' && !next ? 'complete' : end, next, obeys: random.chance(0.8) };
}

function makeStep(random: Random, depth: number): Step {
  switch (random.int(10)) {
    case 0:
    case 1:
      return { do: 'signalled', ms: 500 + random.int(20_000) };
    case 2:
      return { do: 'race', of: makeBegun(random, depth), ms: random.int(3000) };
    case 3:
      return {
        do: 'all',
        branches: Array.from({ length: 2 + random.int(2) }, () => [
          makeBegun(random, depth),
          makeBegun(random, depth + 1),
        ]),
      };
    case 4:
      return {
        do: random.chance(0.75) ? 'signal' : 'cancel',
        workflowId: random.pick([...workflowIds, 'nobody', 'shared', cronId]),
      };
    case 5:
      return { do: 'patch', id: random.pick(['p', 'q']) };
    default:
      return makeBegun(random, depth);
  }
}

function makeBegun(random: Random, depth: number): Begun {
  const kind = random.int(depth < 2 ? 7 : 5);
  if (kind === 0) return { do: 'timer', ms: random.int(5000) };
  if (kind === 1) return { do: 'local', activity: makeLocal(random) };
  if (kind < 5) return { do: 'activity', activity: makeActivity(random) };
  return {
    do: 'child',
    child: {
      workflowId: random.chance(0.2) ? random.pick(['shared', ...workflowIds]) : '',
      program: makeProgram(random, depth + 1),
      parentClosePolicy: 1 + random.int(3),
      cancellationType: random.int(4),
      maximumAttempts: random.chance(0.2) ? 2 : 0,
    },
  };
}

function makeActivity(random: Random): ActivityPlan {
  const kinds = ['fails', 'fails', 'fails for good', 'hangs', 'answers late'] as const;
  return {
    bad: random.chance(0.5) ? [] : Array.from({ length: 1 + random.int(2) }, () => random.pick(kinds)),
    ms: random.int(2000),
    heartbeats: random.chance(0.3),
    maximumAttempts: random.int(4),
    startToClose: 3000 + random.int(5000),
    scheduleToClose: random.chance(0.3) ? 5000 + random.int(10_000) : 0,
    cancellationType: random.int(3),
  };
}

function makeLocal(random: Random): LocalPlan {
  const plan = makeActivity(random);
  // Some outlive their workflow task, which has to be asked for anew meanwhile.
  const ms = random.chance(0.1) ? 8000 + random.int(6000) : plan.ms;
  return { ...plan, ms, heartbeats: false, startToClose: ms + 3000, retryThreshold: random.pick([100, 1000, 60_000]) };
}
