/** What pieces need of a tool or an agent: its name and, when code is compiled, its types. Import it with `import type`. */
export interface Named {
  readonly name: string;
  readonly __types?: { readonly input: unknown; readonly output: unknown };
}

/** What it is called with. */
export type InputOf<T extends Named> = NonNullable<T['__types']>['input'];

/** What it comes to. */
export type OutputOf<T extends Named> = NonNullable<T['__types']>['output'];
