// Reads `/events`, the server-sent events, for ever: when the stream ends, fails or falls silent it is asked for again.

import { ask } from './ask.js';
import { eventCutter } from './event-cutter.js';

/** The server says something each second. */
const SILENT_MS_MAX = 5_000;
const RETRY_MS = 1_000;

export interface EventsListener {
  event(name: string, data: string): void;
  /** The stream broke off, or could not be had. */
  down(): void;
}

export async function readEvents(listener: EventsListener): Promise<never> {
  for (;;) {
    await readOnce(listener).catch(() => {});
    listener.down();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function readOnce(listener: EventsListener): Promise<void> {
  const abort = new AbortController();
  let heard_ms = Number.POSITIVE_INFINITY;
  // While a token is typed in nothing is expected.
  const watch = setInterval(() => {
    if (performance.now() - heard_ms > SILENT_MS_MAX) abort.abort();
  }, 1_000);
  try {
    const response = await ask('events', abort.signal);
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return;
    }
    heard_ms = performance.now();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const cut = eventCutter((name, data) => listener.event(name, data));
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard_ms = performance.now();
      cut(value);
    }
  } finally {
    clearInterval(watch);
    abort.abort();
  }
}
