/**
 * Freezes an object and what it holds. Functions are frozen but not entered, and prototypes are not followed, so that classes of the
 * bundle's shared modules can still be derived from.
 */
export function freezeDeep(value: unknown, visited: WeakSet<object> = new WeakSet()): void {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return;
  if (visited.has(value)) return;
  visited.add(value);
  if (typeof value === 'object') {
    for (const key of Reflect.ownKeys(value)) {
      try {
        freezeDeep((value as Record<PropertyKey, unknown>)[key], visited);
      } catch {
        // A throwing getter, or something that cannot be frozen, as a typed array.
      }
    }
  }
  Object.freeze(value);
}

/**
 * Runs inside the realm, after the bundle was loaded: makes the built-in prototypes unchangeable, for they are shared by all runs of
 * the realm. What programs assign on derived objects (`error.name = …`, `Sub.prototype.constructor = Sub`) keeps working: such properties
 * become accessors that define the property on the derived object. The rest stays plain data, and so as fast as before.
 */
export const HARDEN_SCRIPT: string = `(() => {
  "use strict";
  const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty, apply } = Reflect;
  const overridable = new Set(["constructor", "toString", "toLocaleString", "valueOf", "toJSON", "name", "message"]);
  const functionKeys = new Set(["constructor", "toString", "bind"]);
  // An accessor here would switch off fast paths of V8, or could not be assigned to anyway.
  const plain = new Set([Array, Promise, RegExp, ArrayBuffer, getPrototypeOf(Uint8Array), Number, String, Boolean, Symbol, BigInt].map((c) => c.prototype));
  const isOverridable = (owner, key) =>
    owner === Object.prototype ? key !== "__proto__"
    : owner === Function.prototype ? functionKeys.has(key)
    : !plain.has(owner) && overridable.has(key);
  const soften = (owner, key, { value, enumerable }) => {
    const set = function (assigned) {
      if (this === owner || this === undefined || this === null) throw new TypeError("Cannot assign to read only property '" + String(key) + "' of a built-in prototype");
      defineProperty(this, key, { value: assigned, writable: true, enumerable: true, configurable: true });
    };
    const get = () => value;
    Object.freeze(set); Object.freeze(get);
    defineProperty(owner, key, { get, set, enumerable, configurable: false });
  };
  const seen = new Set();
  const harden = (target, isPrototype) => {
    if (target === null || (typeof target !== "object" && typeof target !== "function") || seen.has(target)) return;
    seen.add(target);
    for (const key of ownKeys(target)) {
      const descriptor = getOwnPropertyDescriptor(target, key);
      if (!("value" in descriptor)) { harden(descriptor.get, false); harden(descriptor.set, false); continue; }
      harden(descriptor.value, key === "prototype");
      if (isPrototype && descriptor.writable && descriptor.configurable && isOverridable(target, key)) soften(target, key, descriptor);
    }
    const parent = getPrototypeOf(target);
    if (parent !== null) harden(parent, true);
    Object.freeze(target);
  };
  const hidden = [
    function* () {}, async function* () {}, async function () {},
    [][Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), ""[Symbol.iterator](), "".matchAll(/x/g),
  ].map(getPrototypeOf);
  for (const prototype of hidden) harden(prototype, true);
  return (names) => { for (const name of names) if (name !== "globalThis") harden(getOwnPropertyDescriptor(globalThis, name)?.value, false); };
})()`;

/**
 * Runs inside the realm, before the bundle: nothing that a run does to `globalThis` may be impossible to undo when another run takes over.
 * So properties defined there stay configurable, and `globalThis` itself stays extensible.
 */
export const GUARD_SCRIPT: string = `(() => {
  "use strict";
  const global = globalThis;
  const { hasOwn } = Object;
  const { ownKeys } = Reflect;
  const loosen = (key, descriptor) =>
    descriptor instanceof Object && !hasOwn(global, key) ? { ...descriptor, configurable: true } : descriptor;
  const replace = (owner, name, make) => {
    const value = make(owner[name]);
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(owner, name, { value });
  };
  const refuse = (original) => (target) => {
    if (target === global) throw new TypeError("globalThis has to stay extensible: other runs use it too");
    return original(target);
  };
  replace(Object, "defineProperties", (original) => (target, descriptors) => {
    if (target !== global) return original(target, descriptors);
    for (const key of ownKeys(descriptors)) Object.defineProperty(target, key, descriptors[key]);
    return target;
  });
  for (const name of ["freeze", "seal", "preventExtensions"]) replace(Object, name, refuse);
  replace(Reflect, "preventExtensions", refuse);
  for (const owner of [Reflect, Object])
    replace(owner, "defineProperty", (original) => (target, key, descriptor) =>
      original(target, key, target === global ? loosen(key, descriptor) : descriptor));
})()`;
