// How long messages waited in memory until they were written, as a histogram of fixed bounds: what a capture reports of
// a topic, the supervisor adds up, and monitoring is given. One observation is one write: the wait of its oldest message.

/** The upper bounds, included. Most writes come at the end of a flush interval, which is 200 ms unless it is set. */
export const WRITE_MS_BOUNDS = [10, 50, 100, 200, 250, 500, 1_000, 5_000] as const;

export interface WriteLatency {
  /** Writes by their wait: up to each bound and above the one before, and last those above all. */
  readonly counts: readonly number[];
  /** Of all of them. */
  readonly sum_ms: number;
}

export const NO_WRITES: WriteLatency = { counts: [...WRITE_MS_BOUNDS, 0].map(() => 0), sum_ms: 0 };
