/** What could drive a terminal, or show text in another order than it has: C0 and C1 controls, marks of direction, halves of characters. */
const UNSAFE =
  // oxlint-disable-next-line eslint/no-control-regex
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]|\p{Surrogate}/gu;

/** Text of a model, a tool or a user as it may be written to a terminal: lines and tabs stay, other control characters are spelt out. */
export function safe(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSAFE, spelled);
}

/** The same on one line. */
export function oneLine(text: string): string {
  return safe(text).replace(/\s+/g, ' ').trim();
}

/** JSON on one line; what could drive a terminal is escaped, which changes nothing of the value. */
export function jsonLine(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(UNSAFE, (found) => `\\u${hex(found).padStart(4, '0')}`);
}

function spelled(found: string): string {
  const code = hex(found);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}

function hex(found: string): string {
  return (found.codePointAt(0) ?? 0).toString(16);
}
