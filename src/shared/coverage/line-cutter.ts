// Cuts a stream of bytes into lines for those who must look into them. A line that is longer than the limit is
// passed over, so memory stays within it whatever the file holds.

const NEWLINE = 0x0a;

export class LineCutter {
  readonly #bytes_max: number;
  readonly #each: (line: Buffer | null, number: number) => void;
  #pieces: Buffer[] = [];
  #pending_bytes = 0;
  #lines = 0;

  /** `each` is given a line without its newline, or null for one that is too long, and its number from 1. */
  constructor(bytes_max: number, each: (line: Buffer | null, number: number) => void) {
    this.#bytes_max = bytes_max;
    this.#each = each;
  }

  /** Bytes behind the last newline. */
  get unfinished_bytes(): number {
    return this.#pending_bytes;
  }

  /** Complete lines so far. */
  get lines(): number {
    return this.#lines;
  }

  /** Takes in the bytes that follow those it has; they may be overwritten afterwards. */
  push(bytes: Buffer): void {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end === -1) break;
      this.#lines += 1;
      this.#each(this.#complete(bytes.subarray(start, end)), this.#lines);
      start = end + 1;
    }
    if (start === bytes.length) return;
    this.#pending_bytes += bytes.length - start;
    if (this.#pending_bytes > this.#bytes_max) this.#pieces = [];
    else this.#pieces.push(Buffer.from(bytes.subarray(start)));
  }

  #complete(end: Buffer): Buffer | null {
    const length = this.#pending_bytes + end.length;
    const line = this.#pieces.length === 0 ? end : Buffer.concat([...this.#pieces, end]);
    this.#pieces = [];
    this.#pending_bytes = 0;
    return length > this.#bytes_max ? null : line;
  }
}
