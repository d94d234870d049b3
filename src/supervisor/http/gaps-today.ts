// The number of gaps that reach into the present UTC day, for whoever asks each second: it is at hand at once, and
// counted anew in the background when it is older than some seconds.

const FRESH_MS = 5_000;

export class GapsToday {
  readonly #count: () => Promise<number>;
  readonly #steadyMs: () => number;
  #last: number | null = null;
  #counted_ms = Number.NEGATIVE_INFINITY;
  #is_counting = false;

  /** `count` reads the ledgers; where it fails, what was counted before stands. */
  constructor(count: () => Promise<number>, steadyMs: () => number) {
    this.#count = count;
    this.#steadyMs = steadyMs;
  }

  /** Null: it has not been counted yet. */
  get count(): number | null {
    const is_fresh = this.#steadyMs() - this.#counted_ms < FRESH_MS;
    if (!this.#is_counting && !is_fresh) void this.#countAnew();
    return this.#last;
  }

  async #countAnew(): Promise<void> {
    this.#is_counting = true;
    this.#last = await this.#count().catch(() => this.#last);
    this.#counted_ms = this.#steadyMs();
    this.#is_counting = false;
  }
}
