/** What a pattern looks for: keys that begin with `prefix`, and match `like` (of SQL, with `\` as escape) if there is one. */
export interface KeyPattern {
  readonly prefix: string;
  readonly like: string | undefined;
}

/** Reads a pattern in which `*` stands for any characters and `?` for one. Everything else stands for itself, also what SQL would take for a wildcard. */
export function readPattern(pattern: string): KeyPattern {
  const first = pattern.search(/[*?]/);
  const prefix = first === -1 ? pattern : pattern.slice(0, first);
  // A database takes a long time over many wildcards in a row.
  const rest = pattern.slice(prefix.length).replaceAll(/\*+/g, '*');
  if (rest === '*') return { prefix, like: undefined };
  const literal = (prefix + rest).replaceAll(/[\\%_]/g, String.raw`\$&`);
  return { prefix, like: literal.replaceAll('*', '%').replaceAll('?', '_') };
}

const LAST = 0x10_ff_ff;

/** The first text, by code points, that is behind all texts with this prefix; `undefined` when there is none. So a range of an index has them all. */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // Surrogates are no characters.
  const next = last + 1 === 0xd8_00 ? 0xe0_00 : last + 1;
  return String.fromCodePoint(...points, next);
}
