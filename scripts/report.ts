import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { root } from './run.ts';

/** What a run of the tests came to. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  /** Full names of the tests that were skipped or are still to be written. */
  readonly skipped: readonly string[];
}

/** The part that we use of vitest's JSON report. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Reads vitest's JSON report. A file that could not be loaded, or a report that is not there, counts as one failure. */
export async function readReport(path: string): Promise<Report> {
  let report: VitestReport;
  try {
    report = JSON.parse(await readFile(path, 'utf8')) as VitestReport;
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map((test) => test.status);
    passed += statuses.filter((status) => status === 'passed').length;
    const failedTests = statuses.filter((status) => status === 'failed').length;
    failed += file.status === 'failed' ? Math.max(failedTests, 1) : failedTests;
    const left = file.assertionResults.filter((test) => !['passed', 'failed'].includes(test.status));
    const name = relative(root, file.name);
    // A file that was left out as a whole needs one line only.
    if (left.length > 1 && left.length === statuses.length) skipped.push(`${name}: all ${left.length} tests`);
    else skipped.push(...left.map((test) => `${name} > ${test.fullName}`));
  }
  return { passed, failed, skipped };
}
