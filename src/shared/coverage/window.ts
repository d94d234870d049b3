// A part of time, and what lies in it.

/** From the first instant up to, but not including, the last. */
export interface Window {
  readonly from_ms: number;
  readonly to_ms: number;
}

export const ALL_TIME: Window = { from_ms: Number.NEGATIVE_INFINITY, to_ms: Number.POSITIVE_INFINITY };

/** Whether an interval has any instant in the window; one without length counts where it lies. */
export function overlaps({ from_ms, to_ms }: Window, first_ms: number, last_ms: number): boolean {
  return first_ms < to_ms && last_ms >= from_ms;
}
