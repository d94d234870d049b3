// The outbox: sends texts on a connection in their order and no faster than the server allows, on this connection and
// on all of its host's together. It promises: never more than the allowance within its time; a fifth of it is left for
// what keeps the connection alive, which goes before what waits (and for what does not pass here: the answers to the
// server's ping frames); what waits when the connection goes is forgotten.

import type { Allowance } from '../shared/protocol.js';

export interface OutboxTools {
  /** Calls `go` when a message may go to the host; see permits.ts. */
  permit(down_since_ms: number, go: () => void): () => void;
  send(text: string): void;
}

interface Item {
  readonly text: string;
  readonly down_since_ms: number;
  readonly sent: () => void;
}

export class Outbox {
  readonly #allowance: Allowance | null;
  readonly #tools: OutboxTools;
  /** Before all others. */
  readonly #first: string[] = [];
  readonly #waiting: Item[] = [];
  /** When the last ones were sent, by the steady clock. */
  #sent_at: number[] = [];
  /** Withdraw the permits that have not come. Each has its place in the allowance. */
  readonly #asked = new Set<() => void>();
  /** One of them is for the oldest that waits. */
  #oldest_asked = false;
  #timer: NodeJS.Timeout | undefined;
  #flushing = false;

  /** `allowance`: of one connection; null: as fast as they come. */
  constructor(allowance: Allowance | null, tools: OutboxTools) {
    this.#allowance = allowance;
    this.#tools = tools;
  }

  /**
   * `sent` is called when it leaves; `down_since_ms`: since when what it asks for is missing.
   * @returns withdraws it; false: it has left.
   */
  send(text: string, down_since_ms: number, sent: () => void = () => {}): () => boolean {
    const item = { text, down_since_ms, sent };
    this.#waiting.push(item);
    this.#flush();
    return () => {
      const at = this.#waiting.indexOf(item);
      if (at >= 0) this.#waiting.splice(at, 1);
      return at >= 0;
    };
  }

  /** Goes before all that waits, here and on the host's other connections. */
  sendFirst(text: string): void {
    this.#first.push(text);
    this.#flush();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#first.length = 0;
    this.#waiting.length = 0;
    this.#sent_at = [];
    clearTimeout(this.#timer);
    for (const withdraw of this.#asked) withdraw();
    this.#asked.clear();
    this.#oldest_asked = false;
  }

  #flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    clearTimeout(this.#timer);
    let wait_ms = this.#next();
    while (wait_ms === 0) wait_ms = this.#next();
    if (wait_ms < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#flush(), wait_ms);
    this.#flushing = false;
  }

  /** Asks for the next one's permit. @returns how long to wait instead, milliseconds; infinity: for what comes. */
  #next(): number {
    const { count = 0 } = this.#allowance ?? {};
    const [first] = this.#first;
    if (first !== undefined) {
      const wait_ms = this.#wait(count);
      if (wait_ms > 0) return wait_ms;
      this.#first.shift();
      this.#ask(0, () => this.#send(first));
      return 0;
    }
    const [oldest] = this.#waiting;
    if (oldest === undefined || this.#oldest_asked) return Number.POSITIVE_INFINITY;
    const wait_ms = this.#wait(Math.max(1, Math.floor(count * 0.8)));
    if (wait_ms > 0) return wait_ms;
    this.#oldest_asked = true;
    this.#ask(oldest.down_since_ms, () => {
      this.#oldest_asked = false;
      // The one that it was asked for may have been withdrawn.
      const item = this.#waiting.shift();
      if (item === undefined) return;
      this.#send(item.text);
      item.sent();
    });
    return 0;
  }

  #ask(down_since_ms: number, go: () => void): void {
    let leave = () => {};
    const withdraw = () => leave();
    this.#asked.add(withdraw);
    leave = this.#tools.permit(down_since_ms, () => {
      this.#asked.delete(withdraw);
      go();
      this.#flush();
    });
  }

  #send(text: string): void {
    if (this.#allowance !== null) this.#sent_at.push(performance.now());
    this.#tools.send(text);
  }

  /** Until one more is within `count`, milliseconds; infinity: not before a permit has come. */
  #wait(count: number): number {
    if (this.#allowance === null) return 0;
    const { ms } = this.#allowance;
    const now = performance.now();
    this.#sent_at = this.#sent_at.filter((at) => now - at < ms);
    const over = this.#sent_at.length + this.#asked.size - count;
    if (over < 0) return 0;
    const leaves_at = this.#sent_at[over];
    return leaves_at === undefined ? Number.POSITIVE_INFINITY : Math.ceil(leaves_at + ms - now);
  }
}
