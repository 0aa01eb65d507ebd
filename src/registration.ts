import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from './engine/index.ts';
import { createWorkflowCreator } from './host/host.ts';
import { OfficialWorker, type OfficialWorkerClass, sdkPackage } from './official.ts';
import { installSeams } from './runtime/worker-seams.ts';

const PACKAGE = '@temporalio/worker';
const SUPPORTED = { major: 1, minor: 24 };

const registered = new WeakSet<OfficialWorkerClass>();

/**
 * Lets the official `Worker.create` take connections of engines of ours. Everything else that the official worker does stays as it is. May be
 * called any number of times.
 * @throws ConfigurationError when the application's copy of `@temporalio/worker` is another one than ours, or of an unknown version.
 */
export function register(): void {
  if (registered.has(OfficialWorker)) return;
  checkCopies(findCopy(import.meta.url), applicationCopies());
  checkVersion(sdkPackage.version);
  checkSeams(OfficialWorker);
  installSeams(OfficialWorker, createWorkflowCreator);
  registered.add(OfficialWorker);
}

/** Refuses two copies: a worker of the one would not know what was installed in the other. */
export function checkCopies(own: string | undefined, applications: readonly string[]): void {
  const other = applications.find((path) => path !== own);
  if (own === undefined || other === undefined) return;
  throw new ConfigurationError(
    PACKAGE,
    `there are two copies: this package uses ${own}, the application uses ${other}.`,
    {
      fix: 'Make both use the same one, for example with `npm dedupe`.',
    },
  );
}

/** Refuses versions whose inner contract is not known. */
export function checkVersion(version: string): void {
  const [major, minor] = version.split('.').map(Number);
  if (major === SUPPORTED.major && minor === SUPPORTED.minor) return;
  throw new ConfigurationError(PACKAGE, `version ${version} is not supported.`, {
    fix: `Install ${SUPPORTED.major}.${SUPPORTED.minor}, or a version of this package that supports ${version}.`,
  });
}

/** Refuses a worker class that lacks what is replaced. */
export function checkSeams(worker: Partial<OfficialWorkerClass>): void {
  const { nativeWorkerCtor: native } = worker;
  const parts = {
    'nativeWorkerCtor.create': typeof native?.create,
    'nativeWorkerCtor.createReplay': typeof native?.createReplay,
    createWorkflowCreator: typeof worker.createWorkflowCreator,
  };
  const missing = Object.entries(parts).filter(([, type]) => type !== 'function');
  if (missing.length === 0) return;
  throw new ConfigurationError(PACKAGE, `its Worker has no ${missing.map(([name]) => name).join(', ')}.`, {
    fix: `Install an unmodified ${SUPPORTED.major}.${SUPPORTED.minor}.`,
  });
}

/** The copies that code of the application would load: from the working directory and from the main script. */
function applicationCopies(): string[] {
  const script = process.argv[1];
  // A runner of tests or scripts is not the application.
  const isApplication = script !== undefined && !script.includes(`${sep}node_modules${sep}`);
  const places = [join(process.cwd(), 'main.js'), ...(isApplication ? [script] : [])];
  return places.flatMap((place) => findCopy(pathToFileURL(place).href) ?? []);
}

function findCopy(from: string): string | undefined {
  try {
    return dirname(realpathSync(createRequire(from).resolve(`${PACKAGE}/package.json`)));
  } catch {
    // It is not installed there, so nobody can load it from there.
    return undefined;
  }
}
