// Looks again and again at the ends of the files while they are written: what stands there was sent by then, so
// it tells up to which instant everything had been read and written. It is the judge's evidence for how early a
// gap may start.

import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { encodeName } from './topics.mjs';

const INTERVAL_MS = 200;
const TAIL_BYTES = 4096;

/** @typedef {{ looked_ms: number, sent_ms: number }} Sight what was sent at `sent_ms` was seen at `looked_ms` */

export class Probe {
  /** By topic, oldest first. @type {Map<string, Sight[]>} */
  sights = new Map();
  #folder;
  #topics = new Map();
  #sizes = new Map();
  #timer;

  /**
   * @param {string} folder
   * @param {import('./feed.mjs').Feed} feed
   */
  constructor(folder, feed) {
    this.#folder = folder;
    for (const topic of feed.channels.keys()) {
      this.#topics.set(encodeName(topic), topic);
      this.sights.set(topic, []);
    }
  }

  start() {
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Whether what was sent in the last `fresh_ms` is written. */
  isFresh(topic, fresh_ms) {
    const sights = this.sights.get(topic);
    return Date.now() - (sights[sights.length - 1]?.sent_ms ?? 0) < fresh_ms;
  }

  #look() {
    const looked_ms = Date.now();
    for (const name of readdirSync(this.#folder)) {
      const topic = this.#topics.get(/^(.*)_\d+\.jsonl$/.exec(name)?.[1]);
      if (topic === undefined) continue;
      const { size } = statSync(join(this.#folder, name));
      if (this.#sizes.get(name) === size) continue;
      this.#sizes.set(name, size);
      this.#see(topic, looked_ms, this.#lastTime(name, size));
    }
  }

  #see(topic, looked_ms, sent_ms) {
    const sights = this.sights.get(topic);
    if (sent_ms > (sights[sights.length - 1]?.sent_ms ?? 0)) sights.push({ looked_ms, sent_ms });
  }

  /** The time of sending in the last whole line that has one, or 0. */
  #lastTime(name, size) {
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const file = openSync(join(this.#folder, name), 'r');
    try {
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
    } finally {
      closeSync(file);
    }
    const lines = bytes.toString('utf8', 0, bytes.lastIndexOf(0x0a) + 1);
    return Number([...lines.matchAll(/"n":\d+,"t":(\d+)/g)].at(-1)?.[1] ?? 0);
  }
}
