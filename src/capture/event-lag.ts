// How far behind a topic's data is: from the time that a message states to its receipt. One message in a second is
// looked into, the newest of the first read after the tick, and none where the protocol declares no time. A message
// that is very long is left alone: to parse it would hold up the others.

import { eventTimeIn } from '../shared/event-time.js';
import type { EventTime } from '../shared/protocol.js';

const MESSAGE_BYTES_MAX = 32 * 1024;
const NEWLINE = 0x0a;

export class EventLag {
  readonly #places: readonly EventTime[];
  /** Whether the next message is to be looked into: asked for each one, so it is no more than a field. */
  due: boolean;
  #lag_ms: number | null = null;

  constructor(places: readonly EventTime[]) {
    this.#places = places;
    this.due = places.length > 0;
  }

  /** Of the last message that was looked into and states a time; below zero where its clock is ahead of ours. */
  get lag_ms(): number | null {
    return this.#lag_ms;
  }

  /** Once a second. */
  tick(): void {
    this.due = this.#places.length > 0;
  }

  look(message: Buffer, received_ms: number): void {
    this.due = false;
    if (message.length > MESSAGE_BYTES_MAX) return;
    const time_ms = eventTimeIn(message.toString(), this.#places);
    if (time_ms !== null) this.#lag_ms = Math.round(received_ms - time_ms);
  }

  /** The newest of finished lines. */
  lookAtLast(lines: Buffer, received_ms: number): void {
    const end = lines.length - 1;
    this.look(lines.subarray(lines.lastIndexOf(NEWLINE, end - 1) + 1, end), received_ms);
  }
}
