/**
 * How compiled files load official packages (`npm run build` has them do so): by `require`, and without what these load at once and few programs
 * ever use. That is loaded when it is first used; `rxjs` comes in the one file that its package has beside its hundreds.
 *
 * Stand-ins are in the cache of modules only while an official package loads, so that nobody else ever meets one, but who watches `require`, as instrumentation
 * does: what that changes is changed in the module itself.
 */
import { existsSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

type Exports = Record<PropertyKey, unknown>;
type Part = (name: PropertyKey) => unknown;
type MakeClient = (...about: readonly unknown[]) => object;

/** Codes and headers are small files of their own, and all of gRPC that is needed without a server. */
const GRPC_PARTS: ReadonlyMap<PropertyKey, readonly [file: string, name: string]> = new Map([
  ['status', ['constants.js', 'Status']],
  ['Metadata', ['metadata.js', 'Metadata']],
]);
/** With it the official connection makes its class of clients as soon as it is loaded. */
const CLIENT_MAKER = 'makeGenericClientConstructor';
/** What that is: not the export, which others may have wrapped around what they found before. */
const MAKER = ['make-client.js', 'makeClientConstructor'] as const;

let standIns: readonly NodeJS.Module[] | undefined;

/** Loads an official package, or a file of one. */
export function requireOfficial(name: string): unknown {
  standIns ??= makeStandIns();
  return withStandIns(standIns, () => require(name) as unknown);
}

/** Does something while these are in the cache of modules, where nothing else is in their place. */
export function withStandIns<Result>(modules: readonly NodeJS.Module[], work: () => Result): Result {
  const placed = modules.filter(({ filename }) => require.cache[filename] === undefined);
  for (const module of placed) require.cache[module.filename] = module;
  try {
    return work();
  } finally {
    for (const module of placed) remove(module);
  }
}

/** A module that is not loaded from its file. */
export function standIn(filename: string, exports: () => unknown): NodeJS.Module {
  return {
    id: filename,
    filename,
    loaded: true,
    get exports() {
      return exports();
    },
    children: [],
    paths: [],
    path: '',
    parent: null,
    require,
    isPreloading: false,
  };
}

function makeStandIns(): readonly NodeJS.Module[] {
  const worker = createRequire(require.resolve('@temporalio/worker'));
  const found = (name: string): readonly string[] => resolved(worker, name);
  const grpc = new Set([...found('@grpc/grpc-js'), ...resolved(require, '@grpc/grpc-js')]);
  return [
    // What bundles workflow code.
    ...[...found('memfs'), ...found('unionfs')].map((file) => atFirstUse(file)),
    ...[...grpc].map((file) => atFirstUse(file, grpcPart(file))),
    ...found('rxjs').flatMap((file) => inOneFile(file, found('rxjs/operators'))),
  ];
}

function resolved({ resolve }: NodeJS.Require, name: string): readonly string[] {
  try {
    return [resolve(name)];
  } catch {
    // A later version does without it.
    return [];
  }
}

function grpcPart(file: string): Part {
  const exported = ([part, name]: readonly [file: string, name: string]): unknown =>
    (require(join(dirname(file), part)) as Exports)[name];
  return (name) => {
    if (name === CLIENT_MAKER)
      return (...about: unknown[]) => clientClass(() => (exported(MAKER) as MakeClient)(...about));
    const part = GRPC_PARTS.get(name);
    return part && exported(part);
  };
}

function clientClass(make: () => object): object {
  return lazily(function Client(): void {}, make);
}

/** The module itself, but loaded when something is asked of it that `part` does not have. */
function atFirstUse(file: string, part: Part = () => undefined): NodeJS.Module {
  const load = (): object => {
    remove(module);
    // Past whoever watches `require`: that one has seen the stand-in, and may answer with it for ever.
    return (Module as unknown as { readonly _load: (name: string) => object })._load(file);
  };
  const exports = lazily({}, load, (name) => (name === '__esModule' ? true : part(name)));
  const module = standIn(file, () => exports);
  return module;
}

/** An object in place of one that is loaded when it is changed, or something is asked of it that `part` does not have; from then on it is that one. */
function lazily(target: object, load: () => object, part: Part = () => undefined): object {
  let loaded: object | undefined;
  const whole = (): object => (loaded ??= load());
  return new Proxy(target, {
    get: (_, name) => (loaded === undefined ? part(name) : undefined) ?? Reflect.get(whole(), name),
    has: (_, name) => name in whole(),
    ownKeys: () => Reflect.ownKeys(whole()),
    defineProperty: (_, name, descriptor) => Reflect.defineProperty(whole(), name, descriptor),
    getOwnPropertyDescriptor: (_, name) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(whole(), name);
      // A proxy cannot have what its target has not, unless that may go away again.
      return descriptor && { ...descriptor, configurable: true };
    },
    construct: (_, given) => Reflect.construct(whole() as new () => object, given) as object,
  });
}

function inOneFile(rxjs: string, operators: readonly string[]): readonly NodeJS.Module[] {
  const bundle = join(dirname(rxjs), '..', 'bundles', 'rxjs.umd.min.js');
  if (!existsSync(bundle)) return [];
  const whole = (): Exports => require(bundle) as Exports;
  return [standIn(rxjs, whole), ...operators.map((file) => standIn(file, () => whole()['operators']))];
}

function remove(module: NodeJS.Module): void {
  if (require.cache[module.filename] === module) delete require.cache[module.filename];
}
