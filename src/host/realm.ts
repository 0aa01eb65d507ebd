import vm from 'node:vm';
import type {
  Activator,
  WorkerInterface,
  WorkflowBundleWithSourceMapAndFilename,
  WorkflowCreateOptionsInternal,
} from '../official-isolate.ts';
import { injectGlobals } from '../official-isolate.ts';
import { freezeDeep, GUARD_SCRIPT, HARDEN_SCRIPT } from './freeze.ts';
import { REALM_SCRIPT } from './realm-script.ts';

/** What one run changed in the realm; opaque outside of `realm-script.ts`. */
export interface Scope {
  readonly modules: Map<string, unknown>;
}

type Activation = Parameters<typeof WorkerInterface.activate>[0];
type InitializeJob = Parameters<typeof WorkerInterface.initialize>[0];
type Completion = ReturnType<typeof WorkerInterface.concludeActivation>;

/** What can be called inside the realm, on behalf of a run. */
interface RealmCalls {
  initRuntime(options: WorkflowCreateOptionsInternal): Activator;
  initialize(job: InitializeJob): void;
  activate(activation: Activation, batchIndex?: number): void;
  unblock(): number;
  settle(): Completion | number;
  conclude(): Completion;
  dispose(): void;
  destroy(): void;
}

interface Inside {
  readonly mail: { scope: Scope | undefined; call: unknown; args: readonly unknown[] | undefined };
  readonly sharedModules: Map<string, unknown>;
  newScope(): Scope;
  capture(): unknown[];
  readonly calls: RealmCalls;
}

const turnScript = new vm.Script('__perdure_turn()', { filename: 'perdure-turn.js' });
const preloadScript = new vm.Script('__TEMPORAL__.preloadModules?.()');

/** How a realm is made. */
export interface RealmOptions {
  readonly bundle: WorkflowBundleWithSourceMapAndFilename;
  /** Replaces the wall clock of the realm: nanoseconds since the epoch. */
  readonly getTimeOfDay?: (() => bigint) | undefined;
  /** Whether classes of the outer realm that are lent to workflows are made unchangeable too: only in a thread of our own. */
  readonly freezeOuter: boolean;
}

/**
 * One V8 context with the workflow bundle loaded, shared by many runs that cannot see each other.
 *
 * The context's global is an ordinary object (`DONT_CONTEXTIFY`): with the usual interceptors every access to a global, and comparing
 * the globals when runs take turns, costs several times as much.
 */
export class Realm {
  readonly #context: vm.Context;
  readonly #inside: Inside;

  constructor({ bundle, getTimeOfDay, freezeOuter }: RealmOptions) {
    if (!bundle.code.includes('globalThis.__webpack_module_cache__'))
      throw new Error(
        "The workflow bundle keeps its module cache to itself, so runs could see each other's module state. " +
          'Make it with bundleWorkflowCode of @temporalio/worker ~1.24.',
      );
    this.#context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
      microtaskMode: 'afterEvaluate',
    });
    const builtIns = Object.getOwnPropertyNames(this.#context);
    this.#inside = this.#evaluate(REALM_SCRIPT) as Inside;
    injectGlobals(this.#context);
    this.#evaluate(GUARD_SCRIPT);
    if (getTimeOfDay !== undefined) this.#replaceClock(getTimeOfDay);
    new vm.Script(bundle.code, { filename: bundle.filename }).runInContext(this.#context);
    preloadScript.runInContext(this.#context);
    for (const value of this.#inside.capture()) if (value !== this.#context) freezeDeep(value);
    for (const module of this.#inside.sharedModules.values()) freezeDeep(module);
    const harden = this.#evaluate(HARDEN_SCRIPT) as (names: readonly string[]) => void;
    harden(builtIns);
    if (freezeOuter)
      for (const shared of [URL, URLSearchParams, TextEncoder, TextDecoder, AbortController])
        Object.freeze(shared.prototype);
  }

  /** A scope for a new run. */
  newScope(): Scope {
    return this.#inside.newScope();
  }

  /**
   * Calls into the realm as the run of `scope`, then runs all microtasks that this caused. There is no limit of time: a timeout of
   * node:vm starts a thread for each call. Who hosts the realm has to watch it from outside.
   */
  call<Name extends keyof RealmCalls>(
    scope: Scope | undefined,
    name: Name,
    ...args: Parameters<RealmCalls[Name]>
  ): ReturnType<RealmCalls[Name]> {
    const { mail, calls } = this.#inside;
    mail.scope = scope;
    mail.call = calls[name];
    mail.args = args;
    return turnScript.runInContext(this.#context, { displayErrors: false }) as ReturnType<RealmCalls[Name]>;
  }

  #evaluate(code: string): unknown {
    return new vm.Script(code, { filename: 'perdure-realm.js' }).runInContext(this.#context);
  }

  /** The runtime keeps the original `Date.now` for `workflowInfo().unsafe.now`, so this has to come before the bundle. */
  #replaceClock(getTimeOfDay: () => bigint): void {
    const date = (this.#context as typeof globalThis).Date;
    date.now = () => Number(getTimeOfDay() / 1_000_000n);
  }
}
