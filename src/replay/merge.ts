// Several streams of messages as one, ordered by the messages' own times. Each stream keeps its own order,
// whatever its times say; a message without a time follows its predecessor at once.

import type { FeedMessage } from './source.js';

type Batch = readonly FeedMessage[];

class Cursor {
  readonly #batches: AsyncIterator<Batch>;
  #batch: Batch = [];
  #index = 0;
  /** The time of the message in front. */
  time_ms = Number.NEGATIVE_INFINITY;

  constructor(batches: AsyncIterable<Batch>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** True while the batch in memory has a message in front. */
  get has_message(): boolean {
    return this.#index < this.#batch.length;
  }

  take(): FeedMessage {
    const message = this.#batch[this.#index];
    if (message === undefined) throw new Error('take without a message in front');
    this.#index += 1;
    this.#readTime();
    return message;
  }

  /** Brings a message to the front; false at the end. */
  async refill(): Promise<boolean> {
    while (!this.has_message) {
      const { done, value } = await this.#batches.next();
      if (done === true) return false;
      this.#batch = value;
      this.#index = 0;
      this.#readTime();
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }

  #readTime(): void {
    this.time_ms = this.#batch[this.#index]?.ts_ms ?? this.time_ms;
  }
}

/** Holds one batch of each stream in memory. */
export async function* mergeByTime(streams: readonly AsyncIterable<Batch>[]): AsyncGenerator<Batch> {
  const all = streams.map((stream) => new Cursor(stream));
  let open = all;
  try {
    for (;;) {
      const refilled = await Promise.all(open.map((cursor) => cursor.refill()));
      open = open.filter((_, i) => refilled[i]);
      if (open.length === 0) return;
      const merged: FeedMessage[] = [];
      // Until one stream must be read on: only then is it unknown which message is the next.
      while (open.every((cursor) => cursor.has_message)) merged.push(earliest(open).take());
      yield merged;
    }
  } finally {
    await Promise.all(all.map((cursor) => cursor.close()));
  }
}

function earliest(cursors: readonly Cursor[]): Cursor {
  return cursors.reduce((best, cursor) => (cursor.time_ms < best.time_ms ? cursor : best));
}
