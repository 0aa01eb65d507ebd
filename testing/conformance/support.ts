import assert from 'node:assert/strict';
import type { InjectedSinks } from '@temporalio/worker';
import type { Sinks } from '@temporalio/workflow';
import { explain } from './explain.ts';
import type { Explained } from './explain.ts';
import type { SuiteSinks } from './workflows/support.ts';

/** A promise that is settled from outside. */
export interface Deferred<T = void> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Makes a promise that is settled from outside. */
export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => {}); // a scenario may fail before anyone waits for it
  return { promise, resolve, reject };
}

/** Gates that workflows stand at with `gate.hold(name)`. */
export interface Gates {
  /** For the worker's option `sinks`. */
  readonly sinks: InjectedSinks<Sinks>;
  /** Values that workflows passed to `report.value`, in replays too. */
  readonly reported: unknown[];
  /** Resolves when a workflow stands at the gate: its task is out. */
  reached(name: string): Promise<void>;
  /** Lets the task be answered. The gate stays open. */
  open(name: string): void;
}

/** The official worker awaits sinks before it answers a task, so a sink that waits keeps the task out, on any host. */
export function gates(): Gates {
  const arrivals = new Map<string, Deferred>();
  const openings = new Map<string, Deferred>();
  const of = (map: Map<string, Deferred>, name: string): Deferred => {
    const known = map.get(name) ?? deferred();
    map.set(name, known);
    return known;
  };
  const reported: unknown[] = [];
  const sinks: InjectedSinks<SuiteSinks> = {
    gate: {
      hold: {
        fn: async (_info, name) => {
          of(arrivals, name).resolve();
          await of(openings, name).promise;
        },
      },
    },
    // A copy, because a host may hand over values of the workflow's own realm.
    report: { value: { fn: (_info, value) => void reported.push(structuredClone(value)), callDuringReplay: true } },
  };
  return {
    sinks,
    reported,
    reached: (name) => of(arrivals, name).promise,
    open: (name) => of(openings, name).resolve(),
  };
}

/** The failure of a promise, explained. Fails when there is none. */
export async function failureOf(promise: Promise<unknown>): Promise<Explained[]> {
  return explain(await errorOf(promise));
}

/** The error of a promise. Fails when there is none. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'It did not fail' });
}

/** How often each value occurs. */
export function count(values: readonly string[], value: string): number {
  return values.filter((candidate) => candidate === value).length;
}
