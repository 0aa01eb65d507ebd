import { styleText } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** Those that say where a line comes from, first. */
const FIRST = ['run', 'agent', 'step', 'tool', 'attempt'];
/** Of the official runtime; `run` says which run it is. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'level',
  'time',
  'message',
  'error',
  'err',
  'namespace',
  'workflowId',
  'runId',
  'workflowRunId',
  'sdkComponent',
  'timestampNanos',
]);

const COLOURS = { trace: 'gray', debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** A line of JSON, as people read it: time of day, level, message, fields, and the stack of an error below. */
export function readable(line: string): string {
  const fields = JSON.parse(line) as Fields;
  const { level, time, message, error, err } = fields;
  const colour = COLOURS[level as keyof typeof COLOURS] ?? 'green';
  const name = styleText(colour, String(level).toUpperCase().padEnd(5), { stream: process.stderr });
  const names = [
    ...FIRST.filter((each) => each in fields),
    ...Object.keys(fields).filter((each) => !FIRST.includes(each) && !LEFT_OUT.has(each)),
  ];
  const shown = names.map((each) => `${each}=${show(fields[each])}`).join(' ');
  const clock = String(time).slice(11, 23);
  const rest = stackOf(error ?? err);
  return `${clock} ${name} ${String(message)}${shown && ` ${styleText('gray', shown, { stream: process.stderr })}`}\n${rest}`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? String(value);
}

function stackOf(error: unknown): string {
  if (error === undefined) return '';
  const { stack, message } = (error ?? {}) as { readonly stack?: unknown; readonly message?: unknown };
  const text = [stack, message].find((each) => typeof each === 'string') ?? JSON.stringify(error);
  return `${text.replaceAll(/^/gm, '    ')}\n`;
}
