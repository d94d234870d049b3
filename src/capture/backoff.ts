// How long to wait before the next try to connect: exponential with full jitter, without end, so that the
// clients of a server that comes back do not all come back at once.

const CEILING_MS_MIN = 500;
export const CEILING_MS_MAX = 30_000;
/** A connection that held at least this long (and longer than the delay before it) counts as healthy. */
const HEALTHY_MS_MIN = 5_000;
/** A server may ask for more patience than our own longest delay, but not for ever. */
const RETRY_AFTER_MS_MAX = 3_600_000;

export class Backoff {
  readonly #random: () => number;
  #ceiling_ms = CEILING_MS_MIN;
  #delay_ms = 0;

  /** `random` gives numbers from 0 up to, and without, 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The delay before the next try, at least as long as the server asked for. The next one may be twice as long. */
  next(retry_after_ms = 0): number {
    const delay_ms = Math.round(this.#random() * this.#ceiling_ms);
    this.#ceiling_ms = Math.min(CEILING_MS_MAX, this.#ceiling_ms * 2);
    this.#delay_ms = Math.max(delay_ms, Math.min(retry_after_ms, RETRY_AFTER_MS_MAX));
    return this.#delay_ms;
  }

  /** The longest delay, for a server that refuses what we ask: asking again soon will not change its mind. */
  longest(): number {
    this.#ceiling_ms = CEILING_MS_MAX;
    this.#delay_ms = CEILING_MS_MAX;
    return CEILING_MS_MAX;
  }

  /** Says that the topic was live for `live_ms`; if that was healthy, the delays start small again. */
  wasLive(live_ms: number): void {
    if (live_ms > this.#delay_ms && live_ms >= HEALTHY_MS_MIN) this.#ceiling_ms = CEILING_MS_MIN;
  }
}

/** Milliseconds asked for by a Retry-After header (seconds or an HTTP date), or 0. */
export function retryAfterMs(header: string | undefined, now_ms: number): number {
  if (header === undefined) return 0;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at_ms = Date.parse(header);
  return Number.isNaN(at_ms) ? 0 : Math.max(0, at_ms - now_ms);
}
