/** What pieces need of a tool or an agent: its name and, when code is compiled, its types. Import it with `import type`. */
export interface Named {
  /** As it was defined. */
  readonly name: string;
  /** Never there at run time. */
  readonly __types?: {
    /** What it is called with. */
    readonly input: unknown;
    /** What it comes to. */
    readonly output: unknown;
  };
}

/** What it is called with. */
export type InputOf<T extends Named> = NonNullable<T['__types']>['input'];

/** What it comes to. */
export type OutputOf<T extends Named> = NonNullable<T['__types']>['output'];
