// The line buffer: the only queue between the socket and the disk. It holds finished lines (a message's
// bytes, its line breaks turned into spaces, and one newline) in slabs, oldest first; a slab holds lines of
// one hour only, so whatever `peek` gives goes into one file with one write.
//
// It promises: lines leave in the order in which they came; a line is released only when its last byte was
// written; the hour of a line is the one it was pushed with. Its bound is told, not enforced: who pushes
// looks at `full` first (a read that is under way when the bound is reached must still be taken in).
//
// A message costs one copy, one newline and one scan for line breaks. Slabs are reused, so a steady feed
// allocates nothing.

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

/** Three usual reads at full speed: two may not fit into half of it, and a slab for each is a write for each. */
const SLAB_BYTES = 512 * 1024;
/** Empty slabs kept for reuse: as many as are in use at full speed, for the system clears each new one first. */
const SPARE_SLABS_MAX = 4;

interface Slab {
  bytes: Buffer;
  hour_start_s: number;
  /** Start of the first line not yet released. */
  head: number;
  /** Up to here is written; beyond `head` where only a part of a line is. */
  written: number;
  end: number;
  lines: number;
  /** `end` and `lines` as they were at the last `peek`: the usual write takes just that. */
  peeked_end: number;
  peeked_lines: number;
  /** By the steady clock: since when the oldest line waits, and the oldest of those that came after the last `peek`. */
  oldest_at: number;
  next_oldest_at: number;
  /** When the first and the last of its messages were received. */
  first_ms: number;
  last_ms: number;
}

/** What is to be written next: bytes of one hour. */
export interface Batch {
  readonly hour_start_s: number;
  readonly bytes: Buffer;
  /** The newlines in it. */
  readonly lines: number;
  /** When its first and its last message were received, Unix milliseconds. */
  readonly first_ms: number;
  readonly last_ms: number;
}

/** What a write set free. */
export interface Released {
  readonly lines: number;
  readonly bytes: number;
  /** For so long its oldest line waited here. */
  readonly waited_ms: number;
}

export interface LineBufferLimits {
  readonly messages_max: number;
  readonly bytes_max: number;
}

export class LineBuffer {
  readonly #limits: LineBufferLimits;
  readonly #slabs: Slab[] = [];
  readonly #spare: Buffer[] = [];
  #lines = 0;
  #bytes = 0;
  #pushed = 0;
  #released = 0;

  constructor(limits: LineBufferLimits) {
    this.#limits = limits;
  }

  /** Lines held, a line of which only a part is written included. */
  get lines(): number {
    return this.#lines;
  }

  /** Lines ever pushed, and ever released: what was pushed before a moment is written when the second reaches the first. */
  get pushed(): number {
    return this.#pushed;
  }

  get released(): number {
    return this.#released;
  }

  /** Bytes of the lines held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The hour of the oldest line, or null. */
  get next_hour_start_s(): number | null {
    return this.#slabs[0]?.hour_start_s ?? null;
  }

  get full(): boolean {
    return this.#lines >= this.#limits.messages_max || this.#bytes >= this.#limits.bytes_max;
  }

  /** Half empty: the point at which reading goes on, so that it does not stop and start for each message. */
  get hasRoom(): boolean {
    return this.#lines <= this.#limits.messages_max / 2 && this.#bytes <= this.#limits.bytes_max / 2;
  }

  /** Whether `count` lines of so many bytes in all, newlines included, stay within the bound. */
  fits(count: number, bytes: number): boolean {
    return this.#lines + count <= this.#limits.messages_max && this.#bytes + bytes <= this.#limits.bytes_max;
  }

  /** Copies a message in, which must not be empty, as a line of the hour that starts at `hour_start_s`. */
  push(message: Buffer, hour_start_s: number, received_ms: number): void {
    const length = message.length;
    const slab = this.#slabFor(length + 1, hour_start_s, received_ms);
    const start = slab.end;
    const end = start + length;
    const bytes = slab.bytes;
    if (start === slab.peeked_end) slab.next_oldest_at = performance.now();
    bytes.set(message, start);
    bytes[end] = NEWLINE;
    slab.end = end + 1;
    slab.lines += 1;
    slab.last_ms = received_ms;
    this.#lines += 1;
    this.#pushed += 1;
    this.#bytes += length + 1;
    // The newline just written stops the scan where the message has none of its own.
    if (bytes.indexOf(NEWLINE, start) !== end) replaceAll(bytes, NEWLINE, start, end);
  }

  /** Copies in `count` finished lines, each ended by its only newline. */
  pushLines(lines: Buffer, count: number, hour_start_s: number, received_ms: number): void {
    const slab = this.#slabFor(lines.length, hour_start_s, received_ms);
    if (slab.end === slab.peeked_end) slab.next_oldest_at = performance.now();
    slab.bytes.set(lines, slab.end);
    slab.end += lines.length;
    slab.lines += count;
    slab.last_ms = received_ms;
    this.#lines += count;
    this.#pushed += count;
    this.#bytes += lines.length;
  }

  /** The oldest bytes not yet written, or null. The view is valid until they are released. */
  peek(): Batch | null {
    const slab = this.#slabs[0];
    if (slab === undefined) return null;
    // Carriage returns need no terminator to tell them apart, so a whole batch is searched at once.
    if (slab.bytes.subarray(slab.written, slab.end).includes(CARRIAGE_RETURN)) {
      replaceAll(slab.bytes, CARRIAGE_RETURN, slab.written, slab.end);
    }
    slab.peeked_end = slab.end;
    slab.peeked_lines = slab.lines;
    // Between `head` and `written` lies a part of one line at most: no newline.
    const { hour_start_s, lines, first_ms, last_ms } = slab;
    return { hour_start_s, bytes: slab.bytes.subarray(slab.written, slab.end), lines, first_ms, last_ms };
  }

  /** Says that the first `count` bytes of the last `peek` are written, and releases the lines that are whole. */
  wrote(count: number): Released {
    const slab = this.#slabs[0];
    if (slab === undefined || count > slab.peeked_end - slab.written) {
      throw new RangeError(`the line buffer was told of ${count} bytes written that it does not hold`);
    }
    slab.written += count;
    const whole = slab.written === slab.peeked_end;
    const head = whole ? slab.written : slab.bytes.lastIndexOf(NEWLINE, slab.written - 1) + 1;
    // Without a newline in what was written since `head`, the first line is still unfinished.
    if (head <= slab.head) return { lines: 0, bytes: 0, waited_ms: 0 };
    const lines = whole ? slab.peeked_lines : countNewlines(slab.bytes, slab.head, head);
    const bytes = head - slab.head;
    const waited_ms = performance.now() - slab.oldest_at;
    if (whole) slab.oldest_at = slab.next_oldest_at;
    slab.head = head;
    slab.lines -= lines;
    this.#lines -= lines;
    this.#released += lines;
    this.#bytes -= bytes;
    if (slab.head === slab.end) this.#release(slab);
    return { lines, bytes, waited_ms };
  }

  /** Bytes of the oldest line that are written while its end is not. */
  get partial_bytes(): number {
    const slab = this.#slabs[0];
    return slab === undefined ? 0 : slab.written - slab.head;
  }

  /** The part of the oldest line that was written is gone from the disk: that line is written anew. */
  rewind(): void {
    const slab = this.#slabs[0];
    if (slab !== undefined) slab.written = slab.head;
  }

  #slabFor(size: number, hour_start_s: number, received_ms: number): Slab {
    const last = this.#slabs[this.#slabs.length - 1];
    if (last !== undefined && last.hour_start_s === hour_start_s && last.end + size <= last.bytes.length) {
      return last;
    }
    const spare = size <= SLAB_BYTES ? this.#spare.pop() : undefined;
    const bytes = spare ?? Buffer.allocUnsafeSlow(Math.max(size, SLAB_BYTES));
    const now = performance.now();
    const slab = {
      bytes,
      hour_start_s,
      head: 0,
      written: 0,
      end: 0,
      lines: 0,
      peeked_end: 0,
      peeked_lines: 0,
      oldest_at: now,
      next_oldest_at: now,
      first_ms: received_ms,
      last_ms: received_ms,
    };
    this.#slabs.push(slab);
    return slab;
  }

  #release(slab: Slab): void {
    this.#slabs.shift();
    if (slab.bytes.length === SLAB_BYTES && this.#spare.length < SPARE_SLABS_MAX)
      this.#spare.push(slab.bytes);
  }
}

function replaceAll(bytes: Buffer, what: number, start: number, end: number): void {
  for (let i = bytes.indexOf(what, start); i !== -1 && i < end; i = bytes.indexOf(what, i + 1))
    bytes[i] = SPACE;
}

function countNewlines(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let i = bytes.indexOf(NEWLINE, start); i !== -1 && i < end; i = bytes.indexOf(NEWLINE, i + 1))
    count += 1;
  return count;
}
