// What every generated topic is: a maker of messages that says how long it is to the next one.

/** One topic of the market; its state moves with each message. */
export interface Topic {
  /** The next message, at `ts_ms` of the market's time. The first one is a snapshot where the topic has one. */
  next(ts_ms: number): string;
  /** Milliseconds to the one after it. */
  gap_ms(): number;
}
