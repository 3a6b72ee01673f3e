'use strict';
// Mocha's spec reporter, closed by a line for each thing that tests were skipped without, and by one plain line that any tool
// can read: "N passed, N failed, N skipped".
const { reporters, Runner } = require('mocha');

/** At the end of the title of a suite: what is missing, and the command that brings it. */
const REASON = /\(skipped: ([^()]+)\)/;

module.exports = class PlainClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const counts = new Map();
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => {
      const [, reason] = REASON.exec(test.fullTitle()) ?? [];
      if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    });
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      for (const [reason, count] of counts) process.stdout.write(`Skipped ${count} tests: ${reason}\n`);
      const { passes = 0, failures = 0, pending = 0 } = this.stats ?? {};
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
};
