/** Does nothing. */
export async function idle(): Promise<void> {}
