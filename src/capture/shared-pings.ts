// The pings of a feed: of those who want a proof in one tick all share one, which carries a number. It promises: a pong
// counts for those whose ping it answers, and for nobody who wanted one later, or who has been forgotten since.

export class SharedPings<Who> {
  readonly #send: (number: number) => void;
  #wanting = new Set<Who>();
  /** By the number of the ping, who waits for its answer. */
  readonly #pinged = new Map<number, Set<Who>>();
  #pings = 0;

  /** `send` sends the ping of that number. */
  constructor(send: (number: number) => void) {
    this.#send = send;
  }

  /** The next ping is sent for them, too. */
  want(who: Who): void {
    this.#wanting.add(who);
  }

  /** Sends a ping, if anybody wants one. */
  send(): void {
    if (this.#wanting.size === 0) return;
    this.#pings += 1;
    this.#pinged.set(this.#pings, this.#wanting);
    this.#wanting = new Set();
    this.#send(this.#pings);
  }

  /** Whose pings the pong of that number answers: also those of the pings before it, for a server need not answer each. */
  answered(number: number): Who[] {
    const all: Who[] = [];
    for (const [pinged, those] of this.#pinged) {
      if (pinged > number) break;
      this.#pinged.delete(pinged);
      all.push(...those);
    }
    return all;
  }

  /** An answer that is still on its way says nothing of them any more. */
  forget(who: Who): void {
    this.#wanting.delete(who);
    for (const those of this.#pinged.values()) those.delete(who);
  }

  /** The connection is gone. */
  clear(): void {
    this.#wanting.clear();
    this.#pinged.clear();
  }
}
