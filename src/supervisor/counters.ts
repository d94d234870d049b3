// A topic's counters across the runs of its capture processes: each run counts from nothing, the sums never fall.

import type { TopicReport } from '../shared/ipc.js';
import { WRITE_MS_BOUNDS, type WriteLatency } from '../shared/write-latency.js';
import { Totals } from './totals.js';

const COUNTED = ['messages', 'bytes', 'dropped', 'reconnects', 'gaps', 'gap_ms'] as const;
export type Counts = Readonly<Record<(typeof COUNTED)[number], number>>;

export class Counters {
  readonly #counts = new Totals(COUNTED.length);
  /** The sum, and then the counts. */
  readonly #writes = new Totals(WRITE_MS_BOUNDS.length + 2);
  #longest_write_ms = 0;

  /** What the running process says of itself. */
  report(report: TopicReport): void {
    this.#counts.report(COUNTED.map((key) => report[key]));
    const { sum_ms, counts } = report.write_ms;
    this.#writes.report([sum_ms, ...counts]);
    this.#longest_write_ms = Math.max(this.#longest_write_ms, report.write_ms_max);
  }

  /** The process has ended: the next report comes from another one. */
  endRun(): void {
    this.#counts.endRun();
    this.#writes.endRun();
  }

  get total(): Counts {
    const [messages, bytes, dropped, reconnects, gaps, gap_ms] = this.#counts.all;
    return { messages, bytes, dropped, reconnects, gaps, gap_ms } as Counts;
  }

  get write_latency(): WriteLatency {
    const [sum_ms = 0, ...counts] = this.#writes.all;
    return { sum_ms, counts };
  }

  /** The longest wait for a write since this was asked last; 0: there was none. */
  takeLongestWrite(): number {
    const longest_ms = this.#longest_write_ms;
    this.#longest_write_ms = 0;
    return longest_ms;
  }
}
