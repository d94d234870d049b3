// Which of a connection's topics a message is of: told by how it begins, which costs no allocation, else by what it
// says once it is parsed, or by a value that the server bound to the topic. It promises never to throw and never to
// take a message for another topic's, provided that no two topics have a mark in common (topic-names.ts).
// A topic's number is its own for ever: no other is given it, not even when it is taken away.

import type { Protocol } from '../shared/protocol.js';
import { fill } from '../shared/protocol-speech.js';
import { beginningsOf, boundBy, boundIn, namesIn, namesOf } from '../shared/topic-names.js';
import { Beginnings } from './beginnings.js';

/** Of no topic. */
const NONE = -1;

/** Made at the first message after a change, so that many topics are added at the cost of one. */
interface Ways {
  readonly beginnings: Beginnings;
  readonly by_name: ReadonlyMap<string, number>;
}

export class Router {
  readonly #protocol: Protocol;
  /** By number; null: taken away. */
  readonly #topics: (string | null)[] = [];
  /** The values, as JSON, that the server bound on this connection. */
  readonly #by_bound = new Map<string, number>();
  #ways: Ways | null = null;

  constructor(protocol: Protocol, topics: readonly string[]) {
    this.#protocol = protocol;
    for (const topic of topics) this.add(topic);
  }

  /** Returns the topic's number: 0 for the first, then 1, and so on. */
  add(topic: string): number {
    this.#ways = null;
    return this.#topics.push(topic) - 1;
  }

  remove(number: number): void {
    if (this.topic(number) === null) return;
    this.#ways = null;
    this.#topics[number] = null;
    for (const [bound, of] of this.#by_bound) {
      if (of === number) this.#by_bound.delete(bound);
    }
  }

  /** The topic of this number; null: it was taken away, or there never was one. */
  topic(number: number): string | null {
    return this.#topics[number] ?? null;
  }

  /** The value that the server bound to the topic, as JSON; null: it bound none. */
  bound(number: number): string | null {
    for (const [bound, of] of this.#by_bound) {
      if (of === number) return bound;
    }
    return null;
  }

  /** A new connection: what the server bound on the one before holds no longer. */
  forget(): void {
    this.#by_bound.clear();
    this.#ways = null;
  }

  /** The number of the topic whose data begins as the bytes from `start` to `end` do, else -1. */
  begin(bytes: Uint8Array, start: number, end: number): number {
    return (this.#ways ?? this.#makeWays()).beginnings.find(bytes, start, end);
  }

  /** The number of the topic that the message is of, else -1. Learns what the message binds. */
  find(text: Buffer): number {
    const begun = this.begin(text, 0, text.length);
    return begun === NONE ? this.named(text) : begun;
  }

  /** The same for a message that begins like no topic's data: it is parsed. */
  named(text: Buffer): number {
    const message = parse(text);
    if (message === null) return NONE;
    const number = this.#namedIn(message);
    const bound = boundBy(this.#protocol, message);
    if (bound !== null && number !== NONE) this.#bind(bound, number);
    return number;
  }

  #bind(bound: string, number: number): void {
    this.#by_bound.set(bound, number);
    this.#ways = null;
  }

  #namedIn(message: object): number {
    const bound = boundIn(this.#protocol, message);
    const by_bound = bound === null ? undefined : this.#by_bound.get(bound);
    if (by_bound !== undefined) return by_bound;
    const { by_name } = this.#ways ?? this.#makeWays();
    for (const name of namesIn(this.#protocol, message)) {
      const number = by_name.get(name);
      if (number !== undefined) return number;
    }
    return NONE;
  }

  #makeWays(): Ways {
    const protocol = this.#protocol;
    const begins: { bytes: Buffer; value: number }[] = [];
    const by_name = new Map<string, number>();
    for (const [value, topic] of this.#topics.entries()) {
      if (topic === null) continue;
      for (const text of beginningsOf(protocol, topic)) begins.push({ bytes: Buffer.from(text), value });
      for (const name of namesOf(protocol, topic)) if (!by_name.has(name)) by_name.set(name, value);
    }
    for (const [json, value] of this.#by_bound) {
      begins.push({ bytes: Buffer.from(fill(protocol.binds?.begins ?? '', { bound: json })), value });
    }
    this.#ways = { beginnings: new Beginnings(begins), by_name };
    return this.#ways;
  }
}

/** The message as an object or a list; null: it is neither. */
function parse(text: Buffer): object | null {
  try {
    const value: unknown = JSON.parse(text.toString());
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
