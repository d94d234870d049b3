// From when to when a topic was captured, how much of that no gap covers, and whether a gap is open at its end.
//
// After a crash the gap that the next start will declare is declared here, by the same rule: it begins at the
// mark, or at what was forced to the disk where the machine has been started anew since.

import type { GapReason } from '../ledger-records.js';
import type { Mark } from '../mark.js';
import type { Gap, LedgerLife } from './ledger-life.js';
import { overlaps, type Window } from './window.js';

export interface Life {
  /** Null: the topic never was live. */
  readonly from_ms: number | null;
  readonly to_ms: number | null;
  readonly open_gap: Gap | null;
}

export interface Circumstances {
  readonly mark: Mark | null;
  /** The present run of the machine. */
  readonly boot_id: string | null;
  readonly is_written: boolean;
  readonly now_ms: number;
}

export function lifeOf(ledger: LedgerLife, it: Circumstances): Life {
  const { standing, first_live_ms } = ledger;
  if (standing.kind === 'never' || first_live_ms === null) {
    return { from_ms: null, to_ms: null, open_gap: null };
  }
  // Nothing is promised of what came before it was first live.
  const vouched_ms = Math.max(first_live_ms, vouchedUntil(it));
  const known_until_ms = it.is_written ? it.now_ms : Math.max(ledger.last_at_ms, it.mark?.until_ms ?? 0);
  const ends = (to_ms: number, open_gap: Gap | null = null): Life => ({
    from_ms: first_live_ms,
    to_ms: Math.max(first_live_ms, to_ms),
    open_gap,
  });
  const openGap = (from_ms: number, reason: GapReason): Gap => ({
    from_ms,
    to_ms: null,
    reason,
    file: ledger.file,
    line: standing.line,
  });
  if (standing.kind === 'live') {
    if (it.is_written) return ends(Math.max(it.mark?.until_ms ?? 0, standing.since_ms));
    // What lies between the mark and the last time it went live may be declared already.
    const is_declared = vouched_ms >= standing.gap_from_ms;
    const lost_ms = is_declared ? Math.max(vouched_ms, standing.since_ms) : vouched_ms;
    const from_ms = endOfDeclared(
      lost_ms,
      ledger.gaps.filter(({ line }) => line > standing.line),
    );
    return ends(Math.max(known_until_ms, from_ms), openGap(from_ms, 'crash'));
  }
  const { from_ms, reason } = standing;
  if (reason === 'stopped' && !it.is_written) return ends(from_ms);
  // It was lost in good order, but may have died before all that it had read by then was written.
  const died = !it.is_written && !ledger.has_stopped && it.mark !== null;
  const gap_from_ms = died ? Math.min(from_ms, vouched_ms) : from_ms;
  return ends(Math.max(known_until_ms, gap_from_ms), openGap(gap_from_ms, reason));
}

/** The instant, or the end of the gaps that it lies in: they need not be declared again. */
function endOfDeclared(at_ms: number, gaps: readonly Gap[]): number {
  const end_ms = gaps.reduce(
    (end, { from_ms, to_ms }) => (from_ms <= end ? Math.max(end, to_ms ?? end) : end),
    at_ms,
  );
  return end_ms === at_ms ? at_ms : endOfDeclared(end_ms, gaps);
}

function vouchedUntil({ mark, boot_id }: Circumstances): number {
  if (mark === null) return 0;
  return mark.boot_id === boot_id ? mark.until_ms : mark.synced_ms;
}

/** The time looked at, the gaps in it, and what they leave of it. */
export interface Coverage {
  readonly from_ms: number | null;
  readonly to_ms: number | null;
  readonly gaps: readonly Gap[];
  readonly covered: number | null;
  readonly longest_gap_ms: number;
}

export function coverageOf(life: Life, declared: readonly Gap[], window: Window): Coverage {
  const life_to_ms = life.to_ms ?? Number.NEGATIVE_INFINITY;
  const endOf = (gap: Gap): number => gap.to_ms ?? Math.max(gap.from_ms, life_to_ms);
  const all = life.open_gap === null ? declared : [...declared, life.open_gap];
  const gaps = all.filter((gap) => overlaps(window, gap.from_ms, endOf(gap)));
  const from_ms = Math.max(life.from_ms ?? Number.POSITIVE_INFINITY, window.from_ms);
  const to_ms = Math.min(life_to_ms, window.to_ms);
  const clipped = gaps
    .map((gap) => ({ from_ms: Math.max(gap.from_ms, from_ms), to_ms: Math.min(endOf(gap), to_ms) }))
    .filter((gap) => gap.to_ms > gap.from_ms);
  const longest_gap_ms = clipped.reduce((longest, gap) => Math.max(longest, gap.to_ms - gap.from_ms), 0);
  if (to_ms < from_ms) return { from_ms: null, to_ms: null, gaps, covered: null, longest_gap_ms };
  const length_ms = to_ms - from_ms;
  const covered = length_ms === 0 ? null : 1 - lengthOfUnion(clipped) / length_ms;
  return { from_ms, to_ms, gaps, covered, longest_gap_ms };
}

/** Gaps may overlap: no instant counts twice. */
function lengthOfUnion(intervals: readonly { from_ms: number; to_ms: number }[]): number {
  let length_ms = 0;
  let end_ms = Number.NEGATIVE_INFINITY;
  for (const { from_ms, to_ms } of [...intervals].sort((a, b) => a.from_ms - b.from_ms)) {
    length_ms += Math.max(0, to_ms - Math.max(from_ms, end_ms));
    end_ms = Math.max(end_ms, to_ms);
  }
  return length_ms;
}
