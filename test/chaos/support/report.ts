import { appendFileSync } from 'node:fs';

/** What a test has counted. */
export type Counts = Readonly<Record<string, number>>;

/** Says what a test has counted, and writes it to the file `CHAOS_REPORT`, as JSON, when there is one. */
export function report(test: string, counts: Counts): void {
  console.log(`${test}:`, counts);
  const file = process.env['CHAOS_REPORT'];
  if (file !== undefined && file !== '') appendFileSync(file, `${JSON.stringify({ test, counts })}\n`);
}
