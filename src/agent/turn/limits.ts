/** Largest answer of a model that enters history, in bytes of JSON. Servers refuse payloads of 2 MB. */
export const MAX_TURN_BYTES: number = 1_000_000;
/** Most calls of one message that are looked at. */
export const MAX_CALLS = 128;
/** Largest arguments of one call, in characters of JSON. */
export const MAX_ARGUMENTS = 262_144;
/** Deepest nesting of arguments, in levels. */
export const MAX_DEPTH = 100;
/** Most parts of a message. */
export const MAX_PARTS = 10_000;
/** Longest name of a tool that is kept, in characters. Real ones have at most 64. */
export const MAX_NAME = 64;
/** What is kept of arguments that are no JSON, in characters. */
export const MAX_INVALID_ARGUMENTS = 4_096;

/** A text cut to a number of characters; it says so when it was longer. Never ends in half a character. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}
