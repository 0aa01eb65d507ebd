/** Does something for the numbers from 0 on, at most so many at once. */
export async function concurrently(
  count: number,
  atOnce: number,
  action: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await action(index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
}
