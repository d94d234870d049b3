// Watches how much memory the program's processes hold.

const INTERVAL_MS = 1_000;
/** A capture holds at most a buffer of 4 MiB, a supervisor nothing: the rest is Node. */
const BYTES_MAX = 220 * 1024 * 1024;
/** The last quarter of a long run may hold so much more than the second one. */
const GROWTH_MAX = 1.25;
/** Below this a trend is noise. */
const SAMPLES_MIN = 600;

export class MemoryWatch {
  peak_bytes = 0;
  /** The largest process, once a second. */
  #samples = [];
  #processes;
  #timer;

  /** @param {import('./processes.mjs').Processes} processes */
  constructor(processes) {
    this.#processes = processes;
  }

  start() {
    this.#timer = setInterval(() => {
      const largest = Math.max(0, ...this.#processes.all().map(({ pid }) => this.#processes.memory(pid)));
      this.#samples.push(largest);
      this.peak_bytes = Math.max(this.peak_bytes, largest);
    }, INTERVAL_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** @returns {string[]} what is wrong, a sentence each */
  complaints() {
    const mb = (bytes) => `${Math.round(bytes / 1024 / 1024)} MB`;
    const found = [];
    if (this.peak_bytes > BYTES_MAX) found.push(`A process held ${mb(this.peak_bytes)} of memory`);
    const quarter = Math.floor(this.#samples.length / 4);
    const mean = (from) =>
      this.#samples.slice(from, from + quarter).reduce((sum, one) => sum + one, 0) / quarter;
    const [early, late] = [mean(quarter), mean(3 * quarter)];
    if (this.#samples.length >= SAMPLES_MIN && late > early * GROWTH_MAX) {
      found.push(`Memory grew from ${mb(early)} to ${mb(late)}`);
    }
    return found;
  }
}
