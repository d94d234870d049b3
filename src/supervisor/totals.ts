// Numbers that each run of a process counts from nothing, added up over the runs. It promises: no total ever falls.

export class Totals {
  #ended: readonly number[];
  #run: readonly number[];
  readonly #nothing: readonly number[];

  constructor(length: number) {
    this.#nothing = new Array<number>(length).fill(0);
    this.#ended = this.#nothing;
    this.#run = this.#nothing;
  }

  /** What the running process says of itself. Within a run a count that falls is its mistake, and is not followed. */
  report(counts: readonly number[]): void {
    this.#run = this.#run.map((count, i) => Math.max(count, counts[i] ?? 0));
  }

  /** The process has ended: the next report comes from another one. */
  endRun(): void {
    this.#ended = this.all;
    this.#run = this.#nothing;
  }

  get all(): readonly number[] {
    return this.#ended.map((count, i) => count + (this.#run[i] ?? 0));
  }
}
