// When the next message is due. Times are a monotonic clock's milliseconds; a message is due as soon as that
// clock has reached what `due` says.

/** `rate`: so many messages a second. `speed`: by the messages' own times, so many times as fast. */
export type Pace =
  | { readonly kind: 'rate'; readonly per_s: number }
  | { readonly kind: 'speed'; readonly factor: number };

export interface Pacer {
  /** When the next message, whose own time is `ts_ms`, is due. Called once for each message. */
  due(ts_ms: number | null, now_ms: number): number;
  /** The next message is due at once: the data starts over, or nothing was wanted for a while. */
  restart(): void;
}

/** A rate that the client could not take is not made up for by a burst, except this much of it. */
const CATCH_UP_MS_MAX = 1000;

export function makePacer(pace: Pace): Pacer {
  return pace.kind === 'rate' ? new RatePacer(1000 / pace.per_s) : new SpeedPacer(pace.factor);
}

class RatePacer implements Pacer {
  #next_ms: number | null = null;

  constructor(readonly gap_ms: number) {}

  due(_ts_ms: number | null, now_ms: number): number {
    const due_ms = Math.max(this.#next_ms ?? now_ms, now_ms - CATCH_UP_MS_MAX);
    this.#next_ms = due_ms + this.gap_ms;
    return due_ms;
  }

  restart(): void {
    this.#next_ms = null;
  }
}

/** A message without a time, or with an earlier one than its predecessor, is due with its predecessor. */
class SpeedPacer implements Pacer {
  #first: { ts_ms: number; at_ms: number } | null = null;
  #due_ms = Number.NEGATIVE_INFINITY;

  constructor(readonly factor: number) {}

  due(ts_ms: number | null, now_ms: number): number {
    if (ts_ms === null) return this.#due_ms;
    this.#first ??= { ts_ms, at_ms: now_ms };
    this.#due_ms = Math.max(this.#due_ms, this.#first.at_ms + (ts_ms - this.#first.ts_ms) / this.factor);
    return this.#due_ms;
  }

  restart(): void {
    this.#first = null;
    this.#due_ms = Number.NEGATIVE_INFINITY;
  }
}
