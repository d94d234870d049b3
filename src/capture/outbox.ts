// The outbox: sends texts on a connection in their order and no faster than the server allows, on this connection and
// on all of its host's together. It promises: never more than the allowance within its time, with a fifth of it left
// for what does not pass here (the answers to the server's ping frames); what keeps the connection alive goes before
// what waits; what waits when the connection goes is forgotten.

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
  readonly #waiting: Item[] = [];
  /** When the last ones were sent, by the steady clock. */
  #sent_at: number[] = [];
  #timer: NodeJS.Timeout | null = null;
  #leaveQueue: (() => void) | null = null;
  /** Withdraw what goes before all others and has no permit yet. */
  readonly #urgent = new Set<() => void>();
  #flushing = false;

  /** `allowance`: of one connection; null: as fast as they come. */
  constructor(allowance: Allowance | null, tools: OutboxTools) {
    this.#allowance = allowance && { ...allowance, count: Math.max(1, Math.floor(allowance.count * 0.8)) };
    this.#tools = tools;
  }

  /** `sent` is called when it leaves; `down_since_ms`: since when what it asks for is missing. */
  send(text: string, down_since_ms: number, sent: () => void = () => {}): void {
    this.#waiting.push({ text, down_since_ms, sent });
    this.#flush();
  }

  /** Waits behind nothing here, and goes before all others of the host. */
  sendFirst(text: string): void {
    let went = false;
    let leave = () => {};
    leave = this.#tools.permit(0, () => {
      went = true;
      this.#urgent.delete(leave);
      this.#send(text);
    });
    if (!went) this.#urgent.add(leave);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0;
    this.#sent_at = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#leaveQueue?.();
    this.#leaveQueue = null;
    for (const leave of this.#urgent) leave();
    this.#urgent.clear();
  }

  #flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#timer === null && this.#leaveQueue === null && this.#waiting.length > 0) this.#next();
    this.#flushing = false;
  }

  #next(): void {
    const wait_ms = this.#wait();
    if (wait_ms > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#flush();
      }, wait_ms);
      return;
    }
    const [{ down_since_ms = 0 } = {}] = this.#waiting;
    let went = false;
    const leave = this.#tools.permit(down_since_ms, () => {
      went = true;
      this.#leaveQueue = null;
      this.#sendOldest();
      this.#flush();
    });
    if (!went) this.#leaveQueue = leave;
  }

  #sendOldest(): void {
    const item = this.#waiting.shift();
    if (item === undefined) return;
    this.#send(item.text);
    item.sent();
  }

  #send(text: string): void {
    if (this.#allowance !== null) this.#sent_at.push(performance.now());
    this.#tools.send(text);
  }

  /** Until the next one may go, milliseconds. */
  #wait(): number {
    if (this.#allowance === null) return 0;
    const { count, ms } = this.#allowance;
    const now = performance.now();
    this.#sent_at = this.#sent_at.filter((at) => now - at < ms);
    const [oldest] = this.#sent_at.slice(-count);
    return this.#sent_at.length < count || oldest === undefined ? 0 : Math.ceil(oldest + ms - now);
  }
}
