/**
 * Loaded before Node-RED: its wall clock shows as many milliseconds more as are in the file CLOCK_FILE, which is read at the
 * start and at each SIGUSR2.
 */
const { readFileSync } = require('node:fs');

const RealDate = Date;
let ahead = 0;
const set = () => (ahead = Number(readFileSync(process.env.CLOCK_FILE, 'utf8')));

globalThis.Date = class Date extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(RealDate.now() + ahead);
    else super(...values);
  }

  static now() {
    return RealDate.now() + ahead;
  }
};

set();
process.on('SIGUSR2', () => {
  set();
  console.log(`the clock shows ${new Date().toISOString()}`);
});
