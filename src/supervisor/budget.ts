// The permits of one host and one kind: who goes now, and who waits for how long. Pure: it has no timer and is given
// the clock (steady milliseconds).
//
// It promises: no server sees more than `count` in any `ms`, for each of the allowances. A permit holds its place
// from the moment it is given until `ms` after its topic said that it goes, so one that is used late (a process that
// was stopped, a busy machine) is never counted too early; what the network then adds is the margin's. The topic that
// is down longest goes first, and one that had its turn and is down still goes behind all that were down by then: so
// nobody starves, whatever the others ask for.

import type { Allowance } from '../shared/protocol.js';

/**
 * From a topic's word that it goes until the server counts it: a name looked up, TCP, TLS. That each takes its time is
 * no harm, that one takes longer than the next is: so long each window is held open beyond the server's.
 */
export const MARGIN_MS = 500;
/**
 * Between two connects, where the allowance has room for both. A hundred TLS handshakes at once would keep each other
 * from the processor for longer than the margin. More than that is not spread: the exchange allows its count at
 * once, and each second of waiting is a second of gap.
 */
export const SPREAD_MS = 10;

export interface Asked {
  readonly topic: string;
  /** Unlike all others of its topic. */
  readonly id: number;
  readonly count: number;
  /** By the same clock, not later than now. `-Infinity`: before all others. */
  readonly down_since: number;
}

interface Place {
  readonly topic: string;
  readonly id: number;
  readonly count: number;
  /** null: the topic has not yet said that it goes. */
  used_at: number | null;
}

/** More asks of one topic are not taken: a child that floods does not fill the memory. */
const WAITING_MAX = 100;

export class Budget<A extends Asked> {
  readonly #allowances: readonly Allowance[];
  readonly #spread_ms: number;
  readonly #clock: () => number;
  /** In the order in which they go. */
  readonly #waiting: { readonly asked: A; readonly since: number }[] = [];
  #places: Place[] = [];
  readonly #last_turn_at = new Map<string, number>();
  #next_at = Number.NEGATIVE_INFINITY;

  constructor(allowances: readonly Allowance[], spread_ms: number, clock: () => number) {
    this.#allowances = allowances;
    this.#spread_ms = Math.min(spread_ms, ...allowances.map(({ count, ms }) => ms / count));
    this.#clock = clock;
  }

  get waiting(): readonly A[] {
    return this.#waiting.map(({ asked }) => asked);
  }

  /** Takes a place in the queue. An ask for more than an allowance's `count` goes when that is wholly free. */
  ask(asked: A): void {
    const of_topic = this.#waiting.filter((w) => w.asked.topic === asked.topic);
    if (of_topic.length >= WAITING_MAX || of_topic.some((w) => w.asked.id === asked.id)) return;
    const last_turn_at = this.#last_turn_at.get(asked.topic) ?? Number.NEGATIVE_INFINITY;
    const is_urgent = asked.down_since === Number.NEGATIVE_INFINITY;
    const since = is_urgent ? asked.down_since : Math.max(asked.down_since, last_turn_at);
    const behind = this.#waiting.findIndex((w) => w.since > since);
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, { asked, since });
  }

  /** Takes out of the queue, and returns, those whose turn it is. */
  grant(): A[] {
    const granted: A[] = [];
    for (;;) {
      const head = this.#waiting[0];
      if (head === undefined || this.wait_ms() > 0) return granted;
      this.#waiting.shift();
      this.#hold(head.asked, null);
      granted.push(head.asked);
    }
  }

  /** Until the first in the queue may go; infinite where there is none, or it hangs on what a topic says. */
  wait_ms(): number {
    const head = this.#waiting[0];
    if (head === undefined) return Number.POSITIVE_INFINITY;
    const now = this.#clock();
    this.#forgetOld(now);
    const free_at = this.#allowances.map((allowance) => this.#freeAt(allowance, head.asked.count, now));
    return Math.max(0, this.#next_at - now, ...free_at.map((at) => at - now));
  }

  /** The topic goes now, with a permit or (nobody having answered it) without. */
  went(topic: string, id: number): void {
    const index = this.#waiting.findIndex(({ asked }) => asked.topic === topic && asked.id === id);
    const [unasked] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (unasked !== undefined) this.#hold(unasked.asked, this.#clock());
    const place = this.#places.find((p) => p.topic === topic && p.id === id);
    if (place !== undefined) place.used_at ??= this.#clock();
  }

  /** The topic wants it no longer: it leaves the queue, or gives back the permit that it has not used. */
  cancel(topic: string, id: number): void {
    const index = this.#waiting.findIndex(({ asked }) => asked.topic === topic && asked.id === id);
    if (index >= 0) this.#waiting.splice(index, 1);
    this.#places = this.#places.filter((p) => p.topic !== topic || p.id !== id || p.used_at !== null);
  }

  /** The topic's process is gone, and its asks with it. A permit that it had may have been used in its last moment. */
  forget(topic: string): void {
    const left = this.#waiting.filter(({ asked }) => asked.topic !== topic);
    this.#waiting.splice(0, this.#waiting.length, ...left);
    for (const place of this.#places) if (place.topic === topic) place.used_at ??= this.#clock();
  }

  #hold({ topic, id, count }: A, used_at: number | null): void {
    const now = this.#clock();
    this.#places.push({ topic, id, count, used_at });
    this.#last_turn_at.set(topic, now);
    this.#next_at = now + this.#spread_ms;
  }

  /** When `count` more fit into an allowance. */
  #freeAt(allowance: Allowance, count: number, now: number): number {
    const held = this.#places
      .map((p) => ({ count: p.count, until: (p.used_at ?? Number.POSITIVE_INFINITY) + windowMs(allowance) }))
      .filter(({ until }) => until > now)
      .sort((a, b) => a.until - b.until);
    let sum = held.reduce((total, h) => total + h.count, 0) + Math.min(count, allowance.count);
    for (const { count: freed, until } of held) {
      if (sum <= allowance.count) break;
      sum -= freed;
      if (sum <= allowance.count) return until;
    }
    return now;
  }

  #forgetOld(now: number): void {
    const longest_ms = Math.max(0, ...this.#allowances.map(windowMs));
    this.#places = this.#places.filter(({ used_at }) => used_at === null || used_at + longest_ms > now);
  }
}

function windowMs({ ms }: Allowance): number {
  return ms + MARGIN_MS;
}
