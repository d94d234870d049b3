// Asks again and again, through every restart of the supervisor, until it is told to stop.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, askStatus } from './ask.js';

export interface Pace {
  /** Between the beginnings of two rounds. */
  readonly interval_ms: number;
  /** The same while nobody answers. */
  readonly down_interval_ms: number;
}

export interface Round {
  readonly answer: Answer;
  /** Since when nobody answers, on the clock of `performance`; null: this answer is one. */
  readonly down_since_ms: number | null;
}

export async function* askAgain(socket_path: string, pace: Pace, signal: AbortSignal): AsyncGenerator<Round> {
  let down_since_ms: number | null = null;
  while (!signal.aborted) {
    const started_ms = performance.now();
    const answer = await askStatus(socket_path, { signal });
    if (signal.aborted) return;
    down_since_ms = answer.ok ? null : (down_since_ms ?? performance.now());
    yield { answer, down_since_ms };
    const interval_ms = answer.ok ? pace.interval_ms : pace.down_interval_ms;
    const wait_ms = Math.max(0, interval_ms - (performance.now() - started_ms));
    await sleep(wait_ms, undefined, { signal }).catch(() => {});
  }
}
