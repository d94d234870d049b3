// Reads a topic's ledger from its beginning to its end: the seals, the gaps, where the topic stands after the
// last record, and what in it is no record or cannot be. Lines are read one at a time; what is kept is what the
// report needs.

import {
  type GapReason,
  type LedgerRecord,
  parseLedgerLine,
  type SealRecord,
} from '../shared/ledger-records.js';
import { readChunks } from './chunks.js';
import { LineCutter } from './line-cutter.js';
import type { Damage, Gap } from './report.js';

/** A torn line of a file may be as long as a message, and a third longer in base64. */
const LINE_BYTES_MAX = 256 * 1024 * 1024;

export interface Sealed {
  readonly seal: SealRecord;
  /** The ledger's line. */
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

export class Ledger {
  /** The ledger's own name. */
  readonly file: string;
  /** By the file's name, in the order in which they were made. */
  readonly seals = new Map<string, Sealed[]>();
  readonly gaps: Gap[] = [];
  readonly damage: Damage[] = [];
  standing: Standing = { kind: 'never' };
  first_live_ms: number | null = null;
  /** Where the topic was last captured from. */
  url: string | null = null;
  /** The latest time at which a record was written. */
  last_at_ms = 0;
  /** Whether the last that is told of the capture itself is that it stopped. */
  has_stopped = false;
  /** Complete lines, and bytes of one that is not. */
  lines = 0;
  unfinished_bytes = 0;
  readonly #isOwnFile: (name: string) => boolean;
  #bad_run: { first: number; last: number } | null = null;

  constructor(file: string, isOwnFile: (name: string) => boolean) {
    this.file = file;
    this.#isOwnFile = isOwnFile;
  }

  /** Reads the file; throws the system's error. */
  async read(path: string, took: (bytes: number) => void): Promise<void> {
    const cutter = new LineCutter(LINE_BYTES_MAX, (line, number) => this.#take(line, number));
    for await (const chunk of readChunks(path, false, took)) cutter.push(chunk);
    this.#endBadRun();
    this.lines = cutter.lines;
    this.unfinished_bytes = cutter.unfinished_bytes;
  }

  #take(line: Buffer | null, number: number): void {
    const record = line === null ? null : parseLedgerLine(line.toString('utf8'));
    if (record === null) {
      this.#bad_run ??= { first: number, last: number };
      this.#bad_run.last = number;
      return;
    }
    this.#endBadRun();
    this.last_at_ms = Math.max(this.last_at_ms, record.at_ms);
    if (record.kind === 'seal') this.#seal(record, number);
    else if (record.kind === 'gap') this.#gap(record, number);
    else this.#stand(record, number);
  }

  /** Neighbours are one damage: a ledger that was overwritten must not make a million of them. */
  #endBadRun(): void {
    if (this.#bad_run === null) return;
    const { first, last } = this.#bad_run;
    this.#bad_run = null;
    const what = first === last ? 'this line is no record' : `lines ${first} to ${last} are no records`;
    this.#damaged(first, `${what} of a ledger`);
  }

  #damaged(line: number, sentence: string): void {
    this.damage.push({ kind: 'ledger', file: this.file, line, sentence });
  }

  #seal(seal: SealRecord, line: number): void {
    if (!this.#isOwnFile(seal.file)) {
      this.#damaged(line, `seals ${JSON.stringify(seal.file)}, which can be no file of this topic`);
      return;
    }
    const sealed = this.seals.get(seal.file);
    if (sealed === undefined) this.seals.set(seal.file, [{ seal, line }]);
    else sealed.push({ seal, line });
  }

  #gap(record: LedgerRecord & { kind: 'gap' }, line: number): void {
    const { from_ms, to_ms, reason, detail, messages } = record;
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

  #stand(record: LedgerRecord, line: number): void {
    const before = this.standing;
    if (record.kind === 'live') {
      const { since_ms, url } = record;
      if (before.kind === 'lost' && !before.is_declared) {
        const sentence = `says that the topic is live again, but no gap covers the time since line ${before.line}, where it was lost`;
        this.#damaged(line, sentence);
      }
      const gap_from_ms = before.kind === 'lost' ? before.from_ms : since_ms;
      this.standing = { kind: 'live', since_ms, gap_from_ms, line };
      this.first_live_ms ??= since_ms;
      this.url = url;
      this.has_stopped = false;
    } else if (record.kind === 'lost') {
      // Lost twice without being live in between: the earlier start holds.
      const from_ms = before.kind === 'lost' ? Math.min(before.from_ms, record.from_ms) : record.from_ms;
      this.standing = { kind: 'lost', from_ms, reason: record.reason, line, is_declared: false };
      this.has_stopped = false;
    } else if (record.kind === 'stop') {
      const { until_ms, reason } = record;
      if (before.kind === 'live') {
        this.standing = { kind: 'lost', from_ms: until_ms, reason, line, is_declared: false };
      }
      this.has_stopped = true;
    }
  }
}
