// Where a topic stands: what the records of its ledger say of it one after the other, and what the next start makes
// of that and of the mark. Pure functions; what they decide, the witness writes down.

import type { GapReason, LedgerRecord } from '../shared/ledger-records.js';
import type { Mark } from '../shared/mark.js';

/** A clock that differs by more than this from where it should be was set. */
export const CLOCK_STEP_MS = 1_000;

/** The topic never was live, is (was, when the process died), or is not. */
export type Standing =
  | { readonly kind: 'never' }
  | { readonly kind: 'live'; readonly since_ms: number; readonly gap_from_ms: number }
  | {
      readonly kind: 'lost';
      readonly from_ms: number;
      /** The gap ends no earlier, however early the topic is live again by a clock that was set back. */
      readonly to_min_ms: number;
      readonly reason: GapReason;
    };

interface Interval {
  readonly from_ms: number;
  readonly to_ms: number;
}

export interface Past {
  readonly standing: Standing;
  /** Nothing is promised of what came before it. */
  readonly first_live_ms: number;
  /** The last interval of which gaps were declared while the topic was live: it need not be declared again. */
  readonly declared: Interval | null;
}

export const NO_PAST: Past = { standing: { kind: 'never' }, first_live_ms: 0, declared: null };

/** The past with one more record. */
export function follow({ standing, first_live_ms, declared }: Past, record: LedgerRecord): Past {
  const is_first = standing.kind === 'never' && record.kind === 'live';
  return {
    standing: stand(standing, record),
    first_live_ms: is_first ? record.since_ms : first_live_ms,
    declared: record.kind === 'gap' ? joined(declared, record) : record.kind === 'live' ? null : declared,
  };
}

/** One interval where they touch, else the later one to be declared. */
function joined(before: Interval | null, { from_ms, to_ms }: Interval): Interval {
  if (before === null || from_ms > before.to_ms || to_ms < before.from_ms) return { from_ms, to_ms };
  return { from_ms: Math.min(from_ms, before.from_ms), to_ms: Math.max(to_ms, before.to_ms) };
}

function stand(before: Standing, record: LedgerRecord): Standing {
  if (record.kind === 'live') {
    const { since_ms } = record;
    return { kind: 'live', since_ms, gap_from_ms: before.kind === 'lost' ? before.from_ms : since_ms };
  }
  if (record.kind === 'lost') {
    // Lost twice without being live in between: the earlier start holds.
    const from_ms = before.kind === 'lost' ? Math.min(before.from_ms, record.from_ms) : record.from_ms;
    const reason = before.kind === 'lost' ? before.reason : record.reason;
    return { kind: 'lost', from_ms, to_min_ms: 0, reason };
  }
  if (record.kind === 'stop' && before.kind === 'live') {
    return { kind: 'lost', from_ms: record.until_ms, to_min_ms: 0, reason: record.reason };
  }
  return before;
}

export interface Circumstances {
  /** What the last run left; null: none that can be read. */
  readonly mark: Mark | null;
  /** The present run of the machine; null: it cannot be told from another. */
  readonly boot_id: string | null;
  /** Now, by the wall clock and by the one that counts from the start of the machine. */
  readonly wall_ms: number;
  readonly steady_ms: number;
}

export interface Resumed {
  readonly standing: Standing;
  /** The standing is news to the ledger. */
  readonly is_new: boolean;
  readonly vouched_ms: number;
  readonly synced_ms: number;
}

/** Where a topic with such a past stands when a new process takes it over. */
export function resume({ standing, first_live_ms, declared }: Past, it: Circumstances): Resumed {
  if (standing.kind === 'never') return { standing, is_new: false, vouched_ms: 0, synced_ms: 0 };
  const { mark } = it;
  const is_same_run = mark !== null && mark.boot_id === it.boot_id;
  const marked_ms = mark === null ? 0 : is_same_run ? mark.until_ms : mark.synced_ms;
  const vouched_ms = Math.max(first_live_ms, marked_ms);
  // Where nothing was ever forced to the disk, a loss of power cannot be told from a start of the machine in order.
  const trusts_stop = is_same_run || (mark?.synced_ms ?? 0) <= first_live_ms;
  let { from_ms, reason } = lostAt(standing, vouched_ms, mark !== null, trusts_stop);
  if (standing.kind === 'live' && declared !== null && declared.from_ms <= from_ms) {
    // One of a step of the clock may reach into the future of the new time.
    from_ms = Math.max(from_ms, Math.min(declared.to_ms, it.wall_ms));
  }
  let to_min_ms = 0;
  const step_ms = is_same_run ? it.wall_ms - (mark.wall_ms + (it.steady_ms - mark.steady_ms)) : 0;
  if (Math.abs(step_ms) > CLOCK_STEP_MS) {
    // The clock was set while nobody captured: the gap covers both readings.
    to_min_ms = it.wall_ms - Math.min(0, step_ms);
    from_ms = Math.min(from_ms, from_ms + step_ms);
  }
  return {
    standing: { kind: 'lost', from_ms, to_min_ms, reason },
    is_new: standing.kind === 'live' || from_ms < standing.from_ms,
    vouched_ms: from_ms,
    synced_ms: Math.min(from_ms, Math.max(first_live_ms, mark?.synced_ms ?? 0)),
  };
}

function lostAt(
  standing: Exclude<Standing, { kind: 'never' }>,
  vouched_ms: number,
  has_mark: boolean,
  trusts_stop: boolean,
): { from_ms: number; reason: GapReason } {
  if (standing.kind === 'live') {
    // What lies between the mark and the last time it went live may be declared already.
    const is_declared = vouched_ms >= standing.gap_from_ms;
    return { from_ms: is_declared ? Math.max(vouched_ms, standing.since_ms) : vouched_ms, reason: 'crash' };
  }
  const { from_ms, reason } = standing;
  // Lost in good order, but it died before all that it had read by then was written, or forced to the disk.
  const is_stop = reason === 'stopped' || reason === 'reconfigured';
  const died_early = has_mark && vouched_ms < from_ms && !(is_stop && trusts_stop);
  return { from_ms: died_early ? vouched_ms : from_ms, reason };
}
