import { styleText } from 'node:util';
import { jsonLine } from './text/escape.ts';

/** How a text looks. */
export type Style = Parameters<typeof styleText>[0];

/** What the command line is connected to. */
export interface CliStreams {
  /** What was asked for. */
  readonly out: (text: string) => void;
  /** All else. */
  readonly err: (text: string) => void;
  /** All of standard input. Default: there is none. */
  readonly read?: () => Promise<string>;
  /** Whether `out` is a terminal. Default `false`. */
  readonly isTty?: boolean;
  /** Whether `err` is a terminal. Default `false`. */
  readonly isErrTty?: boolean;
  /** Whether somebody can be asked: input is a terminal. Default `false`. */
  readonly isInputTty?: boolean;
  /** Columns of the terminal. Default: 80. */
  readonly columns?: () => number;
  /** Asks the user for a line, until the signal aborts. Default: nobody can be asked. */
  readonly ask?: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
  /** Called when the user presses Ctrl+C. @returns how to stop listening. Default: never called. */
  readonly onInterrupt?: (listener: () => void) => () => void;
}

/** Where the command line writes, and what it knows of who reads it. */
export interface CliOutput {
  /** Writes what was asked for. */
  readonly out: (text: string) => void;
  /** Writes all else: progress, hints, errors. */
  readonly err: (text: string) => void;
  /** Writes a value as one line of JSON. */
  readonly json: (value: unknown) => void;
  /** A text for `out`, in a style where that is a terminal that shows one. */
  readonly style: (style: Style, text: string) => string;
  /** The same for `err`. */
  readonly errStyle: (style: Style, text: string) => string;
  /** All of standard input. */
  readonly read: () => Promise<string>;
  /** Whether `out` is a terminal. */
  readonly isTty: boolean;
  /** Whether `err` is a terminal. */
  readonly isErrTty: boolean;
  /** Whether somebody can be asked: input is a terminal. */
  readonly isInputTty: boolean;
  /** Asks the user for a line, until the signal aborts; missing where nobody can be asked. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
  /** Columns of `out`; without end when that is no terminal, so that programs get whole lines. */
  readonly width: number;
  /** Called when the user presses Ctrl+C. @returns how to stop listening. */
  readonly onInterrupt: (listener: () => void) => () => void;
}

const DEFAULT_COLUMNS = 80;

/** Makes streams what commands write to. */
export function createOutput(streams: CliStreams): CliOutput {
  const { out, err, isTty = false, isErrTty = false, isInputTty = false, columns } = streams;
  const styleFor =
    (isTerminal: boolean) =>
    (style: Style, text: string): string =>
      hasColors(isTerminal) ? styleText(style, text, { validateStream: false }) : text;
  return {
    out,
    err,
    json: (value) => out(`${jsonLine(value)}\n`),
    style: styleFor(isTty),
    errStyle: styleFor(isErrTty),
    read: streams.read ?? (async () => await Promise.resolve('')),
    isTty,
    isErrTty,
    isInputTty,
    ask: isInputTty && isErrTty ? streams.ask : undefined,
    get width() {
      return isTty ? columns?.() || DEFAULT_COLUMNS : Infinity;
    },
    onInterrupt: streams.onInterrupt ?? (() => () => {}),
  };
}

/** As Node decides it: FORCE_COLOR says so, then NO_COLOR, then whether it is a terminal. */
function hasColors(isTerminal: boolean): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused, TERM: terminal } = process.env;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && !refused && terminal !== 'dumb';
}

/** The streams of this process. */
export function processStreams(): CliStreams {
  const { stdin, stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    read: async () => {
      let text = '';
      stdin.setEncoding('utf8');
      for await (const chunk of stdin) text += String(chunk);
      return text;
    },
    isTty: stdout.isTTY,
    isErrTty: stderr.isTTY,
    isInputTty: stdin.isTTY,
    columns: () => stdout.columns,
    ask: askOnTerminal,
    onInterrupt: (listener) => {
      process.once('SIGINT', listener);
      return () => void process.off('SIGINT', listener);
    },
  };
}

async function askOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // It reads Ctrl+C as a key: the process is to hear of it as ever.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
}
