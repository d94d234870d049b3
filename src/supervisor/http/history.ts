// The last 15 minutes of each topic, in steps: how many messages were written in each, and how long they waited for it.
// It is kept in small rings, because there may be a thousand topics, and only while there is an HTTP server.

import { STEP_MS, STEPS_MAX, type TopicDetails } from '../../shared/page-data.js';

/** Of a topic, as totals that never fall. */
export interface Counted {
  readonly messages: number;
  /** Null: it is not known. */
  readonly writes: {
    readonly count: number;
    /** How long they took together. */
    readonly sum_ms: number;
    /** The longest since this was asked last. */
    readonly longest_ms: number;
  } | null;
}

export class History {
  readonly #topics = new Map<string, Rings>();
  #ended_at_ms = Date.now();
  #next_at: number;

  /** `start_at` is the steady clock's. */
  constructor(start_at: number) {
    this.#next_at = start_at + STEP_MS;
  }

  /**
   * Once a second. `at` is the steady clock's; `counts` is called at a step's end, with the counts of all topics there
   * are, by name.
   * @returns whether a step has ended.
   */
  tick(at: number, at_ms: number, counts: () => ReadonlyMap<string, Counted>): boolean {
    if (at < this.#next_at) return false;
    this.#next_at += STEP_MS;
    // A machine that slept has one long step.
    if (this.#next_at <= at) this.#next_at = at + STEP_MS;
    this.#ended_at_ms = at_ms;
    const counted = counts();
    for (const name of this.#topics.keys()) if (!counted.has(name)) this.#topics.delete(name);
    for (const [name, count] of counted) {
      let rings = this.#topics.get(name);
      if (rings === undefined) {
        rings = new Rings();
        this.#topics.set(name, rings);
      }
      rings.push(count);
    }
    return true;
  }

  /** Messages of a topic's steps, oldest first. */
  messages(name: string): number[] {
    return this.#topics.get(name)?.messages() ?? [];
  }

  /** Messages of a topic's last step. */
  lastMessages(name: string): number {
    return this.#topics.get(name)?.lastMessages() ?? 0;
  }

  /** All that a topic's charts show. */
  steps(name: string): TopicDetails['steps'] {
    const writes = this.#topics.get(name)?.writes() ?? { write_ms_mean: [], write_ms_max: [] };
    return { ended_at_ms: this.#ended_at_ms, messages: this.messages(name), ...writes };
  }
}

class Rings {
  readonly #messages = new Uint32Array(STEPS_MAX);
  /** NaN: nothing was written. Made when something is known. */
  #mean: Float32Array | null = null;
  #max: Float32Array | null = null;
  /** Steps so far. */
  #count = 0;
  #total: Counted = { messages: 0, writes: null };

  push(total: Counted): void {
    const at = this.#count % STEPS_MAX;
    // A topic that went and came again within a step counts from nothing.
    this.#messages[at] = Math.max(0, total.messages - this.#total.messages);
    this.#pushWrites(at, total.writes);
    this.#total = total;
    this.#count += 1;
  }

  messages(): number[] {
    return this.#inOrder(this.#messages);
  }

  lastMessages(): number {
    return this.#count === 0 ? 0 : (this.#messages[(this.#count - 1) % STEPS_MAX] ?? 0);
  }

  writes(): Pick<TopicDetails['steps'], 'write_ms_mean' | 'write_ms_max'> {
    const read = (ring: Float32Array | null) =>
      this.#inOrder(ring ?? new Float32Array(STEPS_MAX).fill(Number.NaN)).map((ms) =>
        Number.isNaN(ms) ? null : Math.round(ms * 10) / 10,
      );
    return { write_ms_mean: read(this.#mean), write_ms_max: read(this.#max) };
  }

  #pushWrites(at: number, writes: Counted['writes']): void {
    if (writes === null) return;
    this.#mean ??= new Float32Array(STEPS_MAX).fill(Number.NaN);
    this.#max ??= new Float32Array(STEPS_MAX).fill(Number.NaN);
    const count = writes.count - (this.#total.writes?.count ?? 0);
    const sum_ms = writes.sum_ms - (this.#total.writes?.sum_ms ?? 0);
    this.#mean[at] = count > 0 ? sum_ms / count : Number.NaN;
    this.#max[at] = count > 0 ? writes.longest_ms : Number.NaN;
  }

  #inOrder(ring: Uint32Array | Float32Array): number[] {
    const length = Math.min(this.#count, STEPS_MAX);
    return Array.from({ length }, (_, i) => ring[(this.#count - length + i) % STEPS_MAX] ?? 0);
  }
}
