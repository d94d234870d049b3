// What was sent of one topic, remembered in little room: a message's text can be made again from its number and
// its time of sending, so only the times are kept; texts of another make are kept as they are.
//
// The numbers go on over all connections, and a message goes to every connection that is confirmed at that
// moment, as an exchange sends it: two writers of one topic would write it twice.

const FIRST_ROOM = 4096;

/**
 * @typedef {object} ConnectionLife what the feed knows of one confirmed connection
 * @property {number} ack_ms when its confirmation was sent
 * @property {number | null} end_ms when nothing more could pass on it
 * @property {string} cause why it ended; `peer`: the other side ended it
 */

export class Sent {
  /** The newest number; the first is 1. */
  last = 0;
  /** @type {ConnectionLife[]} */
  lives = [];
  /** Texts that were sent without a number, and may be in the files: acknowledgements. */
  extra = new Set();
  #times = new Float64Array(FIRST_ROOM);
  /** @type {Map<number, string>} */
  #odd = new Map();
  #topic;
  #pad_max;

  /**
   * @param {string} topic
   * @param {number} pad_max
   */
  constructor(topic, pad_max) {
    this.#topic = topic;
    this.#pad_max = pad_max;
  }

  /**
   * Notes that the next message is sent now.
   * @param {number} t_ms
   * @param {((n: number) => string)=} write makes its text, where it is not a usual one
   * @returns {string} its text
   */
  next(t_ms, write) {
    this.last += 1;
    if (this.last >= this.#times.length) {
      const larger = new Float64Array(this.#times.length * 2);
      larger.set(this.#times);
      this.#times = larger;
    }
    this.#times[this.last] = t_ms;
    if (write === undefined) return this.text(this.last);
    const text = write(this.last);
    this.#odd.set(this.last, text);
    return text;
  }

  /** When number `n` was sent, Unix milliseconds of the true clock. */
  timeOf(n) {
    return this.#times[n];
  }

  /** The first number that was sent at `t_ms` or later. */
  firstSince(t_ms) {
    let low = 1;
    let high = this.last + 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle] < t_ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The text of number `n`, as it was sent. */
  text(n) {
    const odd = this.#odd.get(n);
    if (odd !== undefined) return odd;
    const pad = 'x'.repeat((n * 7919) % (this.#pad_max + 1));
    return `{"topic":"${this.#topic}","n":${n},"t":${this.#times[n]},"pad":"${pad}"}`;
  }
}
