/** Gives back its arguments. */
export async function echo(...args: unknown[]): Promise<unknown> {
  return args;
}

/** Gives back the first argument. */
export async function identity(value?: unknown): Promise<unknown> {
  return value;
}

/** Returns nothing. */
export async function nothing(): Promise<void> {}
