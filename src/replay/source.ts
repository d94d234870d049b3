// What a feed serves: messages out of files, or generated ones. A source is opened once for each connection,
// so every subscriber has a cursor of its own and a slow one slows nobody else.

export interface FeedMessage {
  /** Null: it goes to every subscriber, whatever it subscribed. */
  readonly topic: string | null;
  /** The message's own time, Unix milliseconds, where it has one. */
  readonly ts_ms: number | null;
  /** As it goes out. Never changed once it was handed over. */
  readonly bytes: Buffer;
}

/** Batches of messages in their order; small ones, because a reader holds one of them in memory. */
export interface Reader extends AsyncIterable<readonly FeedMessage[]> {
  /** Lines passed over so far, because they have no topic or are unfinished. */
  readonly skipped: number;
}

export interface Source {
  /** False: a subscription to this topic is refused. */
  serves(topic: string): boolean;
  /** A new cursor at the beginning. `subscribed` changes while it reads; what is not in it need not be given. */
  open(subscribed: ReadonlySet<string>): Reader;
}
