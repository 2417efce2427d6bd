/** Prints why tests were skipped, and `N passed, N failed, N skipped` as the last line. */
module.exports = class CountReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap((file) =>
      file.testResults.filter((test) => test.status === 'pending').map((test) => test.fullName),
    );
    for (const name of skipped) process.stderr.write(`skipped: ${name}\n`);
    // A suite that could not even start has no failed test of its own.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const line = `${results.numPassedTests} passed, ${failed} failed, ${results.numPendingTests} skipped\n`;
    // jest's own summary comes after every other reporter, so wait until it is out.
    process.once('exit', () => process.stdout.write(line));
  }
};
