// The wall clock of the processes under test: the true one plus an offset, which is stepped. The harness itself
// lives by the true clock, and asks here what the host's clock showed.

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A step takes so long to reach everybody; in between either reading may hold. */
const SPREAD_MS = 500;
/** Processes that just come up read the offset before they listen for steps: they are told again. */
const REMINDERS_MS = [0, 300, 1000];

export class Clock {
  /** @type {{ at_ms: number, offset_ms: number, until_ms: number }[]} */
  steps = [{ at_ms: 0, offset_ms: 0, until_ms: 0 }];
  env;
  #file;
  #tell;

  /**
   * @param {string} folder
   * @param {() => void} tell makes the processes read the offset
   */
  constructor(folder, tell) {
    this.#file = join(folder, 'clock-offset');
    this.#tell = tell;
    this.env = { CAPTURE_TEST_CLOCK_OFFSET_FILE: this.#file };
    this.#write(0);
  }

  get offset_ms() {
    return this.steps[this.steps.length - 1].offset_ms;
  }

  /** @param {number} by_ms forward, or back where it is negative */
  step(by_ms) {
    const offset_ms = this.offset_ms + by_ms;
    const at_ms = Date.now();
    this.steps.push({ at_ms, offset_ms, until_ms: at_ms + SPREAD_MS });
    this.#write(offset_ms);
    for (const after_ms of REMINDERS_MS) setTimeout(this.#tell, after_ms);
  }

  /** A process stood still until now: a step within that time has reached it only now. */
  noteStandstill(from_ms, to_ms) {
    for (const step of this.steps) {
      if (step.at_ms >= from_ms && step.at_ms <= to_ms) {
        step.until_ms = Math.max(step.until_ms, to_ms + SPREAD_MS);
      }
    }
  }

  /** What the host's clock may have shown at an instant of the true clock, in milliseconds. */
  readings(true_ms) {
    const readings = [];
    for (let i = this.steps.length - 1; i >= 0; i -= 1) {
      const { at_ms, offset_ms, until_ms } = this.steps[i];
      if (at_ms > true_ms) continue;
      readings.push(true_ms + offset_ms);
      if (true_ms >= until_ms) break;
    }
    return readings;
  }

  /**
   * The instants of the true clock at which the host's clock showed `reading_ms`, latest first; also those at
   * which it would have shown it, had it been stepped up to `before_ms` earlier.
   */
  instants(reading_ms, before_ms = 0) {
    return this.steps
      .map(({ at_ms, offset_ms }, i) => {
        const until_ms = this.steps[i + 1]?.until_ms ?? Number.POSITIVE_INFINITY;
        const true_ms = reading_ms - offset_ms;
        return true_ms >= at_ms - before_ms && true_ms <= until_ms ? true_ms : null;
      })
      .filter((instant) => instant !== null)
      .reverse();
  }

  #write(offset_ms) {
    const next = `${this.#file}.next`;
    writeFileSync(next, String(offset_ms));
    renameSync(next, this.#file);
  }
}
