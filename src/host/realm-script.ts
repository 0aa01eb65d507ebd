/**
 * Runs inside the workflow realm, before anything else. It keeps runs apart: `scope` objects hold what one run changed on `globalThis`
 * and its own copies of modules. A run that takes over the realm finds pristine globals plus its own changes, and nothing of another run.
 *
 * Only the differences to the pristine globals are kept, so a run without globals of its own costs one comparison, not a copy.
 * It is plain text, not a function's source: compilers and coverage tools must not touch it.
 */
export const REALM_SCRIPT: string = `(() => {
  "use strict";
  const { ownKeys, getOwnPropertyDescriptor, defineProperty, deleteProperty, apply } = Reflect;
  const { is } = Object;
  const global = globalThis;
  // Runs may replace globals while they have the realm.
  const { Map } = global;
  const ACTIVATOR = "__TEMPORAL_ACTIVATOR__";
  const mail = { scope: undefined, call: undefined, args: undefined };
  const sharedModules = new Map();
  let current;
  let pristine;          // Map: key -> descriptor
  let keys = [];         // keys of globalThis in their order
  let descriptors = [];  // the pristine descriptor of each

  defineProperty(global, ACTIVATOR, { value: undefined, writable: true, enumerable: false, configurable: false });
  defineProperty(global, "__webpack_module_cache__", {
    value: new Proxy({}, {
      get: (_, id) => sharedModules.get(id) ?? current?.modules.get(id),
      set: (_, id, module) => { (current?.modules ?? sharedModules).set(id, module); return true; },
    }),
    writable: false, enumerable: false, configurable: false,
  });

  const same = (a, b) =>
    a !== undefined && is(a.value, b.value) && a.get === b.get && a.set === b.set &&
    a.writable === b.writable && a.enumerable === b.enumerable && a.configurable === b.configurable;
  const remember = (now) => {
    keys = now.filter((key) => key !== ACTIVATOR);
    descriptors = keys.map((key) => pristine.get(key));
  };
  const restoreAll = (now) => {
    const changes = [];
    for (const key of now) {
      if (key === ACTIVATOR) continue;
      const before = pristine.get(key);
      const after = getOwnPropertyDescriptor(global, key);
      if (before === undefined) { changes.push([key, after]); deleteProperty(global, key); }
      else if (!same(after, before)) { changes.push([key, after]); defineProperty(global, key, before); }
    }
    for (const [key, before] of pristine) {
      if (getOwnPropertyDescriptor(global, key) !== undefined) continue;
      changes.push([key, undefined]);
      defineProperty(global, key, before);
    }
    remember(ownKeys(global));
    return changes;
  };
  const leave = (scope) => {
    scope.activator = global[ACTIVATOR];
    const now = ownKeys(global);
    let unchanged = now.length === keys.length + 1;
    for (let i = 0, k = 0; unchanged && i < now.length; i++) {
      const key = now[i];
      if (key === ACTIVATOR) continue;
      unchanged = key === keys[k] && same(getOwnPropertyDescriptor(global, key), descriptors[k]);
      k++;
    }
    scope.changes = unchanged ? undefined : restoreAll(now);
  };
  const enter = (scope) => {
    global[ACTIVATOR] = scope.activator;
    if (scope.changes === undefined) return;
    for (const [key, after] of scope.changes) {
      if (after === undefined) deleteProperty(global, key);
      else defineProperty(global, key, after);
    }
  };
  const switchTo = (scope) => {
    if (current === scope) return;
    if (current !== undefined) leave(current);
    current = scope;
    if (scope === undefined) global[ACTIVATOR] = undefined;
    else enter(scope);
  };

  // Called by a script, never directly: the realm's microtasks run when a script ends.
  defineProperty(global, "__perdure_turn", {
    value: () => {
      const { scope, call, args } = mail;
      if (call === undefined) return undefined;
      mail.scope = mail.call = mail.args = undefined;
      switchTo(scope);
      return apply(call, undefined, args);
    },
    writable: false, enumerable: false, configurable: false,
  });

  let api;
  return {
    mail,
    sharedModules,
    newScope: () => ({ activator: undefined, changes: undefined, modules: new Map() }),
    /** Takes the globals as they are now as those that every run starts with. */
    capture: () => {
      api = global.__TEMPORAL__.api;
      const now = ownKeys(global);
      pristine = new Map(now.filter((key) => key !== ACTIVATOR).map((key) => [key, getOwnPropertyDescriptor(global, key)]));
      remember(now);
      // The list of destructors grows and is emptied at the end.
      return [...pristine].filter(([key]) => key !== "__temporal_globalSandboxDestructors").map(([, { value }]) => value);
    },
    calls: {
      initRuntime: (options) => { api.initRuntime(options); return global[ACTIVATOR]; },
      initialize: (job) => api.initialize(job),
      activate: (activation, batchIndex) => api.activate(activation, batchIndex),
      unblock: () => api.tryUnblockConditions(),
      /** Ends the activation if no condition could start anything; otherwise the number of conditions that were unblocked. */
      settle: () => {
        const noConditions = global[ACTIVATOR].blockedConditions.size === 0;
        const unblocked = api.tryUnblockConditions();
        return noConditions ? api.concludeActivation() : unblocked;
      },
      conclude: () => api.concludeActivation(),
      dispose: () => api.dispose(),
      destroy: () => api.destroy(),
    },
  };
})()`;
