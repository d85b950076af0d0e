import { writeFileSync } from 'node:fs';

/** Writes Jest's own counts to a file, for the gate's closing line. */
export default class CountsReporter {
  constructor(_config, { file }) {
    this.file = file;
  }

  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = results;
    // A suite that could not even be loaded has no failed test to count.
    const failed = Math.max(numFailedTests, numFailedTestSuites);
    writeFileSync(
      this.file,
      JSON.stringify({ numPassedTests, numFailedTests: failed, numPendingTests }),
    );
  }
}
