// What has arrived and what is awaited: a queue whose reader waits for the next item, never for ever.

const WAITING_MAX = 100_000;

export class Inbox<Item> {
  readonly #items: Item[] = [];
  #waiting: { resolve: (item: Item) => void; reject: (error: Error) => void } | null = null;
  #ended: string | null = null;

  /** `what`: what is awaited, for the sentence of a wait that fails. */
  constructor(readonly what: string) {}

  push(item: Item): void {
    if (this.#waiting !== null) {
      const { resolve } = this.#waiting;
      this.#waiting = null;
      resolve(item);
      return;
    }
    if (this.#items.length < WAITING_MAX) this.#items.push(item);
  }

  /** The oldest item that nobody took yet. Rejects after `timeout_ms`, and when no more can come. */
  next(timeout_ms = 5000): Promise<Item> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#ended !== null) return Promise.reject(new Error(`No ${this.what}: ${this.#ended}.`));
    if (this.#waiting !== null) return Promise.reject(new Error(`Two wait for the same ${this.what}.`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = null;
        reject(new Error(`No ${this.what} within ${timeout_ms} ms.`));
      }, timeout_ms);
      this.#waiting = {
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
  }

  /** No more will come: who waits, now or later, is told `reason`. */
  end(reason: string): void {
    this.#ended ??= reason;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(new Error(`No ${this.what}: ${reason}.`));
  }
}
