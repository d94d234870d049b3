// What a ledger tells of its topic's life, taken in record by record: the gaps that were declared, where the topic
// stands after the last record, since when it is captured. `verify` judges by it, and the supervisor draws by it; how
// the capture itself goes on from a ledger is worked out apart from this, in its own room.

import type {
  GapReason,
  GapRecord,
  LedgerRecord,
  LiveRecord,
  LostRecord,
  StopRecord,
} from '../ledger-records.js';
import type { PageGap } from '../page-data.js';

/** An interval for which nothing vouches, as the ledger declares it. */
export interface Gap {
  readonly from_ms: number;
  /** Null: the topic has not been live since. */
  readonly to_ms: number | null;
  readonly reason: GapReason;
  readonly detail?: string;
  /** How many messages were lost, where that is known. */
  readonly messages?: number;
  /** The ledger and its line. */
  readonly file: string;
  readonly line: number;
}

/** `lost` with `has_stopped`: the capture ended, in good order or not able to write. */
export type Standing =
  | { readonly kind: 'never' }
  | { readonly kind: 'live'; readonly since_ms: number; readonly gap_from_ms: number; readonly line: number }
  | {
      readonly kind: 'lost';
      readonly from_ms: number;
      readonly reason: GapReason;
      readonly line: number;
      /** A gap that begins here or before it has been declared since. */
      readonly is_declared: boolean;
    };

export class LedgerLife {
  /** The ledger's own name. */
  readonly file: string;
  readonly gaps: Gap[] = [];
  standing: Standing = { kind: 'never' };
  first_live_ms: number | null = null;
  /** Where the topic was last captured from. */
  url: string | null = null;
  /** The latest time at which a record was written. */
  last_at_ms = 0;
  /** Whether the last that is told of the capture itself is that it stopped. */
  has_stopped = false;

  constructor(file: string) {
    this.file = file;
  }

  /**
   * Takes in the record of that line, which comes after those before it.
   * @returns the line where the topic was lost, if it is live again now and no gap covers the time between; else null.
   */
  take(record: LedgerRecord, line: number): number | null {
    this.last_at_ms = Math.max(this.last_at_ms, record.at_ms);
    if (record.kind === 'gap') this.#gap(record, line);
    else if (record.kind === 'live') return this.#live(record, line);
    else if (record.kind === 'lost') this.#lost(record, line);
    else if (record.kind === 'stop') this.#stop(record, line);
    return null;
  }

  #gap({ from_ms, to_ms, reason, detail, messages }: GapRecord, line: number): void {
    this.gaps.push({
      from_ms,
      to_ms,
      reason,
      ...(detail === undefined ? {} : { detail }),
      ...(messages === undefined ? {} : { messages }),
      file: this.file,
      line,
    });
    if (this.standing.kind === 'lost' && from_ms <= this.standing.from_ms) {
      this.standing = { ...this.standing, is_declared: true };
    }
  }

  #live({ since_ms, url }: LiveRecord, line: number): number | null {
    const before = this.standing;
    const gap_from_ms = before.kind === 'lost' ? before.from_ms : since_ms;
    this.standing = { kind: 'live', since_ms, gap_from_ms, line };
    this.first_live_ms ??= since_ms;
    this.url = url;
    this.has_stopped = false;
    return before.kind === 'lost' && !before.is_declared ? before.line : null;
  }

  #lost({ from_ms, reason }: LostRecord, line: number): void {
    const before = this.standing;
    // Lost twice without being live in between: the earlier start holds.
    const first_ms = before.kind === 'lost' ? Math.min(before.from_ms, from_ms) : from_ms;
    this.standing = { kind: 'lost', from_ms: first_ms, reason, line, is_declared: false };
    this.has_stopped = false;
  }

  #stop({ until_ms, reason }: StopRecord, line: number): void {
    if (this.standing.kind === 'live') {
      this.standing = { kind: 'lost', from_ms: until_ms, reason, line, is_declared: false };
    }
    this.has_stopped = true;
  }
}

/** What the page is told of a gap. */
export function pageGap({ from_ms, to_ms, reason, detail, messages }: Gap): PageGap {
  return {
    from_ms,
    to_ms,
    reason,
    ...(detail === undefined ? {} : { detail }),
    ...(messages === undefined ? {} : { messages }),
  };
}
