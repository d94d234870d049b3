// The outbox: sends texts on a connection in their order and no faster than the server allows. It promises: never more
// than the allowance within its time, with a fifth of it left for what does not pass here (the answers to the server's
// own pings); what waits when the connection goes is forgotten.

import type { Allowance } from '../shared/protocol.js';

export class Outbox {
  readonly #allowance: Allowance | null;
  readonly #send: (text: string) => void;
  readonly #waiting: { readonly text: string; readonly sent: () => void }[] = [];
  /** When the last ones were sent, by the steady clock. */
  #sent_at: number[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `allowance`: null: as fast as they come. */
  constructor(allowance: Allowance | null, send: (text: string) => void) {
    this.#allowance = allowance && { ...allowance, count: Math.max(1, Math.floor(allowance.count * 0.8)) };
    this.#send = send;
  }

  /** `sent` is called when it leaves. */
  send(text: string, sent: () => void = () => {}): void {
    this.#waiting.push({ text, sent });
    this.#flush();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0;
    this.#sent_at = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #flush(): void {
    if (this.#timer !== null) return;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const wait_ms = this.#wait();
      if (wait_ms > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.#flush();
        }, wait_ms);
        return;
      }
      this.#waiting.shift();
      if (this.#allowance !== null) this.#sent_at.push(performance.now());
      this.#send(next.text);
      next.sent();
    }
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
