// Preloaded into a service (`node --import`): its wall clock goes by a number of milliseconds that a file holds, so that a test
// may let it jump. Timers go by the monotonic clock and are not touched, as on a machine whose time is set.
import { readFileSync } from 'node:fs';

const file = process.env.TRAMONTANE_TEST_CLOCK_FILE;
const RealDate = Date;
let offset = 0;

const look = () => {
  try {
    offset = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    offset = 0; // no jump yet
  }
};

if (file !== undefined) {
  look();
  setInterval(look, 200).unref();
  class SkewedDate extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(RealDate.now() + offset);
      else super(...args);
    }
    static now() {
      return RealDate.now() + offset;
    }
  }
  globalThis.Date = SkewedDate;
}
