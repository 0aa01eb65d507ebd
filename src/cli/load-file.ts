import { existsSync } from 'node:fs';
import { extname, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AnyAgent } from '../agent/types.ts';
import { ConfigurationError } from '../engine/index.ts';
import type { ServeOptions } from '../http/index.ts';
import type { AnyWorkerOptions, RunHooks } from '../worker/index.ts';

type Exports = Readonly<Record<string, unknown>>;

/** What a file may say about its worker. */
export type FileOptions = AnyWorkerOptions & RunHooks;

/** What a file may say about the API of its project. */
export type FileApi = Pick<ServeOptions, 'auth' | 'cors' | 'limits' | 'prices'>;

/** What a file says. */
export interface ProjectFile {
  readonly worker: FileOptions;
  /** Empty when it says nothing. */
  readonly api: FileApi;
}

/** What a worker may serve: without one of these there is none. */
const SERVED = ['agents', 'tools', 'activities', 'workflowsPath'] as const;
const KEYS = [
  ...SERVED,
  'deps',
  'engine',
  'logger',
  'models',
  'onReady',
  'secret',
  'shutdownDeadline',
  'signal',
  'taskQueue',
  'telemetry',
  'tokens',
  'workerOptions',
] as const satisfies readonly (keyof FileOptions)[];
const OPTIONS: readonly string[] = KEYS;
const API_OPTIONS: readonly string[] = ['auth', 'cors', 'limits', 'prices'] satisfies (keyof FileApi)[];

/**
 * The options of the worker that a file describes: its export `worker` or its default export (options, agents, or a function that makes
 * them), otherwise its exports of the names of options, and all agents that it exports.
 * @throws ConfigurationError when there is no such file, it cannot be loaded, it describes no worker, or has an option that there is not.
 */
export async function loadWorkerFile(file: string): Promise<FileOptions> {
  return (await loadProjectFile(file)).worker;
}

/**
 * The same, and what its export `api` says of the project's API.
 * @throws ConfigurationError as `loadWorkerFile`, and when `api` has an option that there is not.
 */
export async function loadProjectFile(file: string): Promise<ProjectFile> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new ConfigurationError(file, 'there is no such file.', {
      fix: 'Check the path; it is relative to the working directory.',
    });
  }
  checkTypeScript(file);
  const exports = await load(file, path);
  const described = exports['worker'] ?? exports['default'];
  const value: unknown = typeof described === 'function' ? await (described as () => unknown)() : await described;
  const options = optionsOf(value === undefined ? exportedOptions(exports) : value);
  if (options !== undefined)
    return { worker: checked(file, 'worker', OPTIONS, options), api: apiOf(file, exports['api']) };
  throw new ConfigurationError(file, 'describes no worker.', {
    fix: 'Export its options, `export const worker = { agents: [support] }`, or the agents themselves.',
  });
}

/** Options that are exported one by one. */
function exportedOptions(exports: Exports): object {
  const agents = Object.values(exports).filter((each) => isAgent(each));
  const named = Object.entries(exports).filter(([name]) => OPTIONS.includes(name));
  return { ...(agents.length > 0 ? { agents } : {}), ...Object.fromEntries(named) };
}

function apiOf(file: string, value: unknown = {}): FileApi {
  if (typeof value === 'object' && value !== null) return checked(file, 'api', API_OPTIONS, value);
  throw new ConfigurationError(file, 'its api is no object of options.', {
    fix: `Export some of ${API_OPTIONS.join(', ')}, such as \`export const api = { cors: ['https://app.example.com'] }\`.`,
  });
}

function checked<Options extends object>(
  file: string,
  name: string,
  known: readonly string[],
  options: Options,
): Options {
  const unknown = Object.keys(options).find((each) => !known.includes(each));
  if (unknown === undefined) return options;
  throw new ConfigurationError(file, `its ${name} has an option that there is not: ${unknown}.`, {
    fix: `Correct it: there are ${known.toSorted().join(', ')}.`,
  });
}

function optionsOf(value: unknown): FileOptions | undefined {
  if (isAgent(value)) return { agents: [value] };
  if (Array.isArray(value))
    return value.length > 0 && value.every((each) => isAgent(each)) ? { agents: value } : undefined;
  if (typeof value !== 'object' || value === null || !SERVED.some((name) => name in value)) return undefined;
  return value;
}

function isAgent(value: unknown): value is AnyAgent {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'agent';
}

const STRIPPED = ['.ts', '.mts', '.cts'];

function checkTypeScript(file: string): void {
  const { typescript } = process.features as { readonly typescript?: unknown };
  if (!STRIPPED.includes(extname(file)) || Boolean(typescript)) return;
  throw new ConfigurationError(file, `is TypeScript, which Node ${process.version} does not run as it is.`, {
    fix: 'Use Node 22.18 or later, or compile the file and name the result.',
  });
}

async function load(file: string, path: string): Promise<Exports> {
  try {
    return (await import(pathToFileURL(path).href)) as Exports;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = cause instanceof Error ? cause.message : String(cause);
    // Errors of ours say themselves what to do.
    if (ConfigurationError.is(cause) || (cause instanceof Error && 'fix' in cause)) throw cause;
    const place = placeOf(cause);
    throw new ConfigurationError(file, `cannot be loaded: ${reason.replace(/\.$/, '')}${place}.`, {
      fix: FIXES[code ?? ''] ?? 'Correct it.',
      cause,
    });
  }
}

/** Where an error is from, as far as that is a file of the author's: Node's message about wrong syntax names none. */
function placeOf(error: unknown): string {
  const frames = (error instanceof Error ? (error.stack ?? '') : '').matchAll(/(file:\/\/\/[^\s()]+?):(\d+)/g);
  for (const [, url = '', line = ''] of frames) {
    if (!URL.canParse(url)) continue;
    const path = fileURLToPath(url);
    if (path.includes(`${sep}node_modules${sep}`) || path.startsWith(import.meta.dirname)) continue;
    return ` (${relative('', path)}:${line})`;
  }
  return '';
}

const FIXES: Readonly<Record<string, string>> = {
  ERR_MODULE_NOT_FOUND: 'Install what it imports, and name files with their endings: ./agents.ts.',
  ERR_UNKNOWN_FILE_EXTENSION: 'Name a JavaScript or TypeScript file.',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    'Node only strips types: use no enums, namespaces and parameter properties, or compile the file and name the result.',
};
