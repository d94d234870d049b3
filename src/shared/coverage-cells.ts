// The picture of completeness, an hour at a time: what share of each hour is vouched for, and the gaps that touch it.
// It promises what `verify` says of the same hour with --from and --to. Pure, and bundled for browsers.

import type { PageGap, TopicCoverage } from './page-data.js';

export const HOUR_MS = 3_600_000;

export interface HourCell {
  readonly hour_ms: number;
  /**
   * Of the part of the hour in which the topic was captured, the share that is in no gap, from 0 to 1; null: it was
   * not captured then.
   */
  readonly share: number | null;
  /** In order of their start. */
  readonly gaps: readonly PageGap[];
}

/** The hours from the one that starts at `first_hour_ms` on. */
export function hourCells(
  topic: Pick<TopicCoverage, 'from_ms' | 'to_ms' | 'gaps'>,
  first_hour_ms: number,
  hours: number,
): HourCell[] {
  const from_ms = topic.from_ms ?? Number.POSITIVE_INFINITY;
  const to_ms = topic.to_ms ?? Number.NEGATIVE_INFINITY;
  const touching = Array.from({ length: hours }, (): PageGap[] => []);
  for (const gap of [...topic.gaps].sort((a, b) => a.from_ms - b.from_ms)) {
    const end_ms = endOf(gap, to_ms);
    const first = Math.max(0, Math.floor((gap.from_ms - first_hour_ms) / HOUR_MS));
    for (let i = first; i < hours; i += 1) {
      const hour_ms = first_hour_ms + i * HOUR_MS;
      // One that ends where the hour starts has nothing of it; one without length lies in the hour that it is in.
      if (end_ms <= hour_ms && gap.from_ms < hour_ms) break;
      touching[i]?.push(gap);
    }
  }
  return touching.map((gaps, i) => {
    const hour_ms = first_hour_ms + i * HOUR_MS;
    const part = { from_ms: Math.max(hour_ms, from_ms), to_ms: Math.min(hour_ms + HOUR_MS, to_ms) };
    const length_ms = part.to_ms - part.from_ms;
    const share = length_ms > 0 ? 1 - lengthIn(part, gaps, to_ms) / length_ms : null;
    return { hour_ms, share, gaps };
  });
}

/** An open gap lasts as long as the topic was captured. */
function endOf(gap: PageGap, life_to_ms: number): number {
  return gap.to_ms ?? Math.max(gap.from_ms, life_to_ms);
}

/** How much of the part lies in the gaps, which are in order of their start: no instant counts twice. */
function lengthIn(
  part: { readonly from_ms: number; readonly to_ms: number },
  gaps: readonly PageGap[],
  life_to_ms: number,
): number {
  let length_ms = 0;
  let reached_ms = part.from_ms;
  for (const gap of gaps) {
    const end_ms = Math.min(endOf(gap, life_to_ms), part.to_ms);
    length_ms += Math.max(0, end_ms - Math.max(gap.from_ms, reached_ms));
    reached_ms = Math.max(reached_ms, end_ms);
  }
  return length_ms;
}
