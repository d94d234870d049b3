// Staggers the starts of capture processes: starting a program costs a core's time, and a hundred at once would
// keep each other, and whatever else the machine does, from getting anywhere.

/** A start that shows no sign of life gives its place up. */
const COMING_UP_MS_MAX = 5_000;

export class StartQueue {
  readonly #at_once_max: number;
  readonly #waiting: { start: () => void }[] = [];
  #coming_up = 0;

  constructor(at_once_max: number) {
    this.#at_once_max = at_once_max;
  }

  /**
   * Calls `start` when it is its turn, and gives it what it must call once the process is up, or has ended.
   * @returns leaves the queue, where `start` was not called yet.
   */
  enter(start: (up: () => void) => void): () => void {
    const place = { start: () => this.#begin(start) };
    this.#waiting.push(place);
    this.#next();
    return () => {
      const index = this.#waiting.indexOf(place);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  #begin(start: (up: () => void) => void): void {
    this.#coming_up += 1;
    let is_up = false;
    const up = () => {
      if (is_up) return;
      is_up = true;
      clearTimeout(timer);
      this.#coming_up -= 1;
      this.#next();
    };
    const timer = setTimeout(up, COMING_UP_MS_MAX);
    timer.unref();
    start(up);
  }

  #next(): void {
    while (this.#coming_up < this.#at_once_max) {
      const place = this.#waiting.shift();
      if (place === undefined) return;
      place.start();
    }
  }
}
