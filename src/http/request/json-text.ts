const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/** How deep a JSON text is nested, as far as `most`: found without parsing it, as parsers and what follows may use one stack frame for a level. */
export function isDeeperThan(text: string, most: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (isInText) {
      if (char === '\\') at++;
      else if (char === '"') isInText = false;
    } else if (char === '"') isInText = true;
    else if (OPENING.has(char)) {
      if (++depth > most) return true;
    } else if (CLOSING.has(char)) depth--;
  }
  return false;
}

/** Where an object has the key `__proto__`, as a JSON Pointer; `undefined` when none has. */
export function pointerToProto(value: unknown, at = ''): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    if (key === '__proto__') return `${at}/__proto__`;
    const found = pointerToProto(part, `${at}/${escaped(key)}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A JSON Pointer of names and indexes. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${escaped(String(key))}`).join('');
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
