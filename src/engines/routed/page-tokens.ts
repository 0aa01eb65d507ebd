import { invalidArgument } from '../../runtime/errors.ts';
import type { Part } from './part.ts';

/** How far a list was read on one engine: the page that is being read, and how much of it was given out. */
export interface ListProgress {
  /** Where the page begins; base64. */
  readonly token: string;
  /** How many of its runs were given out. */
  readonly taken: number;
  /** The run that is next: what was started since stands before it. Empty: the first of the page. */
  readonly next: string;
}

/** How far the lists of all engines were read, by their names. Those that are missing are read to their ends. */
export type ListsProgress = Readonly<Record<string, ListProgress>>;

/** The token for the next page of something that is on one engine. Empty when there is none. */
export function sealPage(part: Part, token: Uint8Array | null | undefined): Uint8Array {
  return token?.length ? encode([part.name, toText(token)]) : new Uint8Array();
}

/** What a token of `sealPage` says; `undefined` for the first page. */
export function openPage(
  sealed: Uint8Array | null | undefined,
  parts: readonly Part[],
): { readonly part: Part; readonly token: Uint8Array } | undefined {
  if (!sealed?.length) return undefined;
  const content = decode(sealed);
  const [name, token] = Array.isArray(content) ? (content as readonly unknown[]) : [];
  const part = parts.find((each) => each.name === name);
  if (part === undefined || typeof token !== 'string') throw invalidArgument('Invalid NextPageToken.');
  return { part, token: fromText(token) };
}

/** The token for the next page of a merged list. Empty when there is none. */
export function sealLists(progress: ListsProgress): Uint8Array {
  return Object.keys(progress).length === 0 ? new Uint8Array() : encode(progress);
}

/** What a token of `sealLists` says; `undefined` for the first page. */
export function openLists(sealed: Uint8Array | null | undefined): ListsProgress | undefined {
  if (!sealed?.length) return undefined;
  const content = decode(sealed);
  const isSound =
    typeof content === 'object' && content !== null && Object.values(content).every((each) => isProgress(each));
  if (!isSound) throw invalidArgument('Invalid NextPageToken.');
  return content as ListsProgress;
}

/** A token as text. */
export function toText(token: Uint8Array): string {
  return Buffer.from(token).toString('base64');
}

/** A token from its text. */
export function fromText(token: string): Uint8Array {
  return Buffer.from(token, 'base64');
}

function isProgress(value: unknown): value is ListProgress {
  const { token, taken, next } = (value ?? {}) as Partial<ListProgress>;
  return typeof token === 'string' && Number.isSafeInteger(taken) && typeof next === 'string';
}

function encode(content: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(content));
}

function decode(sealed: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(sealed).toString());
  } catch {
    throw invalidArgument('Invalid NextPageToken.');
  }
}
