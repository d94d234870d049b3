// How long a topic's messages waited for their write: one number for each write, the wait of the oldest message in it.
// It costs nothing for a message.

import { WRITE_MS_BOUNDS, type WriteLatency } from '../shared/write-latency.js';

export class WriteWaits {
  readonly #counts: number[] = [...WRITE_MS_BOUNDS, 0].map(() => 0);
  #sum_ms = 0;
  #longest_ms = 0;

  note(waited_ms: number): void {
    const place = WRITE_MS_BOUNDS.findIndex((bound_ms) => waited_ms <= bound_ms);
    const at = place === -1 ? WRITE_MS_BOUNDS.length : place;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum_ms += waited_ms;
    this.#longest_ms = Math.max(this.#longest_ms, waited_ms);
  }

  /** Since the start. */
  get total(): WriteLatency {
    return { counts: [...this.#counts], sum_ms: Math.round(this.#sum_ms) };
  }

  /** The longest since this was asked last; 0: there was none. */
  takeLongest(): number {
    const longest_ms = Math.round(this.#longest_ms);
    this.#longest_ms = 0;
    return longest_ms;
  }
}
