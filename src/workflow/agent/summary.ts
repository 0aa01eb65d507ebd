/** Most characters of a summary: servers take 400 bytes. */
const LONGEST_SUMMARY = 100;

/** What Temporal's UI and CLI show beside an activity or a timer of an agent: which model, which tool, which wait. */
export function summaryOf(text: string): string {
  return text.slice(0, LONGEST_SUMMARY);
}
