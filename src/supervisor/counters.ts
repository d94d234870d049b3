// A topic's counters across the runs of its capture processes: each run counts from nothing, the sums never fall.

import type { TopicReport } from '../shared/ipc.js';

const COUNTED = ['messages', 'bytes', 'dropped', 'reconnects', 'gaps'] as const;
export type Counts = Readonly<Record<(typeof COUNTED)[number], number>>;

const NONE: Counts = { messages: 0, bytes: 0, dropped: 0, reconnects: 0, gaps: 0 };

/** Within a run a count that falls is a child's mistake, and is not followed. */
function combine(a: Counts, b: Counts, how: (a: number, b: number) => number): Counts {
  const [messages, bytes, dropped, reconnects, gaps] = COUNTED.map((key) => how(a[key], b[key]));
  return { messages, bytes, dropped, reconnects, gaps } as Counts;
}

export class Counters {
  #ended: Counts = NONE;
  #run: Counts = NONE;

  /** What the running process says of itself. */
  report(report: TopicReport): void {
    this.#run = combine(this.#run, report, Math.max);
  }

  /** The process has ended: the next report comes from another one. */
  endRun(): void {
    this.#ended = this.total;
    this.#run = NONE;
  }

  get total(): Counts {
    return combine(this.#ended, this.#run, (a, b) => a + b);
  }
}
