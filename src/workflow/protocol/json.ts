/** A value that JSON can carry, and so every engine. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** An object of such values. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** A JSON Schema (draft 2020-12 or draft 7). */
export type JsonSchema = JsonObject;
