// Rates over the last minute, or another time, from totals that are noted once a second.

const WINDOW_S = 60;

export class Rate {
  /** As many as seconds are looked back, and one more, oldest first: when, and the total then. */
  readonly #notes: { at_ms: number; total: number }[];

  readonly #window_s: number;

  /** `start_ms` is an instant of the same steady clock that `note` is told. */
  constructor(start_ms: number, window_s = WINDOW_S) {
    this.#window_s = window_s;
    this.#notes = [{ at_ms: start_ms, total: 0 }];
  }

  /** Once a second: the total so far, which never falls. */
  note(at_ms: number, total: number): void {
    this.#notes.push({ at_ms, total });
    if (this.#notes.length > this.#window_s + 1) this.#notes.shift();
  }

  /** A minute's worth, over the last 60 s (or `window_s`) or, if that is shorter, since the start; to the hundredth. */
  get per_min(): number {
    const [first, last] = [this.#notes[0], this.#notes.at(-1)];
    if (first === undefined || last === undefined || last.at_ms <= first.at_ms) return 0;
    const per_ms = (last.total - first.total) / (last.at_ms - first.at_ms);
    return Math.round(per_ms * 60_000 * 100) / 100;
  }
}
