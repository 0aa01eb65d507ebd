import { type Wait, WAIT_MEMO_PREFIX, type WaitKind } from '../../workflow/protocol/index.ts';

/** The open waits among the fields of a memo, oldest first. */
export function waitsOf(memo: Readonly<Record<string, unknown>> | undefined): Wait[] {
  const waits = Object.entries(memo ?? {}).flatMap(([name, value]) =>
    isWaitField(name, value) ? [value as Wait] : [],
  );
  return waits.toSorted((a, b) => a.openedAt.localeCompare(b.openedAt) || a.id.localeCompare(b.id));
}

/** Whether a field of a memo holds a wait. */
function isWaitField(name: string, value: unknown): boolean {
  return name.startsWith(WAIT_MEMO_PREFIX) && typeof value === 'object' && value !== null && 'kind' in value;
}

/** The id of the wait that a field of a memo is about; `undefined` when it is about none. */
export function waitIdOf(field: string): string | undefined {
  return field.startsWith(WAIT_MEMO_PREFIX) ? field.slice(WAIT_MEMO_PREFIX.length) : undefined;
}

/** Those of one kind. */
export function ofKind(waits: Iterable<Wait>, kind: WaitKind): Wait[] {
  return [...waits].filter((wait) => wait.kind === kind);
}
