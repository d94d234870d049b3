// Sends a source's messages to one subscriber, each when it is due, and never faster than the subscriber reads:
// while its socket is congested nothing more is read from the source.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Pacer } from './pace.js';
import type { FeedMessage, Reader, Source } from './source.js';

export interface Subscriber {
  readonly subscribed: ReadonlySet<string>;
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal;
  /** True: nothing may be sent before `released`. */
  readonly is_held: boolean;
  /** Resolves when it may be held no longer: look again. */
  released(): Promise<void>;
  send(message: FeedMessage): void;
  /** True: the socket has enough before `drained`. */
  readonly is_congested: boolean;
  /** Resolves when the socket has taken everything, or has ended. */
  drained(): Promise<void>;
}

/** Messages due within a tick go out together: a timer for each would limit the rate. */
const TICK_MS = 4;
/** A timer takes no longer delays than 24 days; waiting is cheap to look at again. */
const WAIT_MS_MAX = 60_000;
/** Before files in which nothing was wanted are read all over again. */
const FRUITLESS_PASS_MS = 1000;

export interface StreamOptions {
  readonly source: Source;
  readonly pacer: Pacer;
  /** Start over at the end. */
  readonly loop: boolean;
  /** Told after each batch how many lines were passed over since the last time. */
  readonly on_skipped: (lines: number) => void;
  /** Told when all of the data has gone by and nothing in it was wanted. */
  readonly on_nothing_wanted: () => void;
}

/** Resolves at the end of the data, or when the subscriber has gone. Rejects when the source fails. */
export async function streamTo(subscriber: Subscriber, options: StreamOptions): Promise<void> {
  const { source, pacer, loop, on_skipped, on_nothing_wanted } = options;
  const { signal } = subscriber;
  do {
    pacer.restart();
    const reader = source.open(subscriber.subscribed);
    const sent = await sendAll(reader, subscriber, pacer, on_skipped);
    if (sent > 0 || signal.aborted) continue;
    on_nothing_wanted();
    if (loop) await wait(FRUITLESS_PASS_MS, signal);
  } while (loop && !signal.aborted);
}

async function sendAll(
  reader: Reader,
  subscriber: Subscriber,
  pacer: Pacer,
  on_skipped: (lines: number) => void,
): Promise<number> {
  const { signal } = subscriber;
  let sent = 0;
  let skipped = 0;
  for await (const batch of reader) {
    on_skipped(reader.skipped - skipped);
    skipped = reader.skipped;
    if (signal.aborted) return sent;
    for (const message of batch) {
      if (subscriber.is_held) await release(subscriber, pacer);
      if (!wants(subscriber, message)) continue;
      const now_ms = performance.now();
      const due_ms = pacer.due(message.ts_ms, now_ms);
      if (due_ms > now_ms) {
        await waitUntil(due_ms, signal);
        if (subscriber.is_held) await release(subscriber, pacer);
        // What is wanted may have changed in the meantime.
        if (!wants(subscriber, message)) continue;
      }
      if (signal.aborted) return sent;
      subscriber.send(message);
      sent += 1;
      if (subscriber.is_congested) await subscriber.drained();
    }
  }
  on_skipped(reader.skipped - skipped);
  return sent;
}

function wants(subscriber: Subscriber, message: FeedMessage): boolean {
  return message.topic === null || subscriber.subscribed.has(message.topic);
}

async function release(subscriber: Subscriber, pacer: Pacer): Promise<void> {
  while (subscriber.is_held) await subscriber.released();
  pacer.restart();
}

async function waitUntil(due_ms: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const remaining_ms = due_ms - performance.now();
    if (remaining_ms <= 0) return;
    await wait(Math.min(Math.max(remaining_ms, TICK_MS), WAIT_MS_MAX), signal);
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  // An abort is not an error here: whoever waits looks at the signal next.
  await sleep(ms, undefined, { signal }).catch(() => {});
}
