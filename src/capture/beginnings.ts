// Which of many beginnings a message has: a tree of byte tests, made once, in which each test leaves aside all bytes
// that the beginnings have in common. A message costs one test for each place where they part, ten or so for a
// thousand topics, and one comparison with the only beginning that is left. It promises: the longest beginning that
// fits, and no allocation while messages are looked at.

/** No beginning. */
const NONE = -1;

interface Beginning {
  readonly bytes: Uint8Array;
  /** What `find` returns for it; 0 or more. */
  readonly value: number;
}

export class Beginnings {
  /** The beginnings, one after the other, sorted. */
  readonly #bytes: Uint8Array;
  readonly #starts: Int32Array;
  readonly #values: Int32Array;
  /** For each beginning the longest other one that it begins with. */
  readonly #shorter: Int32Array;
  /** For each node: the place of the byte that is tested, the beginning that ends there or before, and its branches. */
  readonly #nodes: number[] = [];
  /** For each byte from a node's lowest to its highest: a node, a beginning as its complement, or 0. */
  readonly #branches: number[] = [];
  readonly #tree: Int32Array;
  readonly #next: Int32Array;

  /** Of two that are alike the first holds; one of no bytes is left out. */
  constructor(beginnings: readonly Beginning[]) {
    const sorted = distinct(beginnings);
    this.#values = Int32Array.from(sorted, ({ value }) => value);
    this.#bytes = Buffer.concat(sorted.map(({ bytes }) => bytes));
    this.#starts = new Int32Array(sorted.length + 1);
    for (const [i, { bytes }] of sorted.entries()) {
      this.#starts[i + 1] = (this.#starts[i] as number) + bytes.length;
    }
    this.#shorter = new Int32Array(sorted.length).fill(NONE);
    // Node 0 is never a branch, so 0 can stand for none.
    if (sorted.length > 0) this.#grow(sorted, 0, sorted.length, 0, NONE);
    this.#tree = Int32Array.from(this.#nodes);
    this.#next = Int32Array.from(this.#branches);
  }

  /** The value of the longest beginning that the bytes from `start` to `end` have, else -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const tree = this.#tree;
    if (tree.length === 0) return NONE;
    let node = 0;
    let left: number;
    for (;;) {
      const at = node * NODE_FIELDS;
      const place = start + (tree[at] as number);
      left = tree[at + 1] as number;
      if (place >= end) break;
      const branch = (bytes[place] as number) - (tree[at + 2] as number);
      if (branch < 0 || branch >= (tree[at + 3] as number)) break;
      const next = this.#next[(tree[at + 4] as number) + branch] as number;
      if (next === 0) break;
      if (next < 0) {
        left = ~next;
        break;
      }
      node = next;
    }
    return this.#longest(left, bytes, start, end);
  }

  /** Of the beginning `left` and those that it begins with, the longest that fits. */
  #longest(left: number, bytes: Uint8Array, start: number, end: number): number {
    if (left === NONE) return NONE;
    const own = this.#bytes;
    const from = this.#starts[left] as number;
    const length = Math.min((this.#starts[left + 1] as number) - from, end - start);
    let alike = 0;
    while (alike < length && own[from + alike] === bytes[start + alike]) alike += 1;
    let found = left;
    while (found !== NONE && (this.#starts[found + 1] as number) - (this.#starts[found] as number) > alike) {
      found = this.#shorter[found] as number;
    }
    return found === NONE ? NONE : (this.#values[found] as number);
  }

  /** Makes the node for the sorted beginnings `from` to `to`, alike in `depth` bytes, and returns its number. */
  #grow(sorted: readonly Beginning[], from: number, to: number, depth: number, shorter: number): number {
    const bytesOf = (i: number) => (sorted[i] as Beginning).bytes;
    const first = bytesOf(from);
    const last = bytesOf(to - 1);
    let place = depth;
    // What the first and the last of a sorted list have in common, all have.
    while (place < first.length && place < last.length && first[place] === last[place]) place += 1;
    this.#shorter[from] = shorter;
    // The one that ends here is first; it is what is left where no branch is taken.
    const ends_here = first.length === place;
    const ended = ends_here ? from : shorter;
    const branches_from = ends_here ? from + 1 : from;
    const node = this.#nodes.length / NODE_FIELDS;
    const low = branches_from < to ? (bytesOf(branches_from)[place] as number) : 0;
    const span = branches_from < to ? (last[place] as number) - low + 1 : 0;
    const base = this.#branches.length;
    this.#nodes.push(place, ended, low, span, base);
    for (let i = 0; i < span; i += 1) this.#branches.push(0);
    for (let i = branches_from; i < to; ) {
      const byte = bytesOf(i)[place] as number;
      let next = i + 1;
      while (next < to && bytesOf(next)[place] === byte) next += 1;
      this.#shorter[i] = ended;
      this.#branches[base + byte - low] = next === i + 1 ? ~i : this.#grow(sorted, i, next, place + 1, ended);
      i = next;
    }
    return node;
  }
}

const NODE_FIELDS = 5;

function distinct(beginnings: readonly Beginning[]): Beginning[] {
  const order = (a: Beginning, b: Beginning) => Buffer.compare(a.bytes, b.bytes);
  return beginnings
    .filter(({ bytes }) => bytes.length > 0)
    .toSorted(order)
    .filter((one, i, all) => i === 0 || order(all[i - 1] as Beginning, one) !== 0);
}
