/** What a level of tests came to. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: string[];
  /** One line a failure. */
  failures: string[];
}

/** As much of jest's `--json` report as counts. */
export interface JestReport {
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] | null }[];
  }[];
}

/** Counts a jest report. A suite that could not run at all is one failure. Pure. */
export function tallyJest(report: JestReport): Tally {
  const tally: Tally = { passed: 0, failed: 0, skipped: [], failures: [] };
  for (const suite of report.testResults) {
    if (suite.status === 'failed' && suite.assertionResults.length === 0) {
      tally.failed++;
      tally.failures.push(`${suite.name}: ${suite.message.split('\n').slice(0, 12).join('\n    ')}`);
    }
    for (const test of suite.assertionResults) {
      if (test.status === 'passed') tally.passed++;
      else if (test.status === 'failed') {
        tally.failed++;
        tally.failures.push(
          `${test.fullName}: ${(test.failureMessages ?? []).join('\n').split('\n').slice(0, 12).join('\n    ')}`,
        );
      } else tally.skipped.push(test.fullName);
    }
  }
  return tally;
}

/** A skip that is allowed, and why. */
export interface ListedSkip {
  /** Regular expression on the test's full name. */
  test: string;
  reason: string;
  /** True when the skip is allowed in CI too. */
  inCi: boolean;
}

/** The skips that no listed reason covers. Pure. */
export function unlistedSkips(skipped: string[], listed: ListedSkip[], ci: boolean): string[] {
  return skipped.filter((name) => !listed.some((skip) => (skip.inCi || !ci) && new RegExp(skip.test).test(name)));
}
