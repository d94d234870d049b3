// The witness: knows up to which instant the topic is vouched for, and writes down when it was not.
//
// "Read until" is an instant of which it is known that everything the server sent before it has been read.
// Three things prove it, for the network keeps the order of what is sent:
//   - a read, if nothing else had arrived (a turn of the event loop brought no other): what arrives was sent at
//     most a second ago. A socket that is merely quiet proves nothing: the network may be dead.
//   - the answer to a ping: everything sent before the ping went out. It is asked for where the first proof
//     does not hold: after a time in which we did not read, the network holds what was sent in it.
//   - the server's Close, where we asked for it: everything. Where we did not, it is a read like any other.
// "Vouched until" is the same once all of it is written; it goes into the mark, twice a second. A gap starts at
// the first where this process lives on, at the second after a crash.
//
// It promises: a gap is in the ledger before the mark moves past its start; the mark never tells more than
// what is written; both hold if the process dies between any two lines.

import type { StopReason } from '../shared/ipc.js';
import type { GapReason } from '../shared/ledger-records.js';
import type { Mark } from '../shared/mark.js';
import { ClockWatch } from './clock-watch.js';
import type { Ledger } from './ledger.js';
import type { MarkFile } from './mark.js';
import { MissedMessages, type MissedReason } from './missed.js';
import type { KnownSeal } from './open-hour.js';
import { follow, NO_PAST, resume, type Standing } from './standing.js';

/** What arrives was sent at most this long ago. */
const FLIGHT_MS = 1_000;
/** A server that answers no ping is believed again when we have read without a break for so long. */
const CONGESTION_MS_MAX = 5_000;

export interface WitnessTools {
  /** The wall clock, Unix milliseconds. */
  now(): number;
  /** Milliseconds since the machine was started, which no setting of the clock changes. */
  uptime(): number;
  readonly boot_id: string | null;
  readonly pid: number;
  /** Messages reach us some time after their bytes (they are inflated elsewhere): only pings prove anything. */
  readonly pings_only: boolean;
  /** Sends a protocol ping; `answered` is called when its pong came. */
  ping(): void;
  /** A gap was declared: for the log. */
  gap(from_ms: number, to_ms: number, reason: GapReason, messages: number | undefined): void;
}

type GapDetails = { readonly detail?: string; readonly messages?: number };

export class Witness {
  readonly #ledger: Ledger;
  readonly #mark: MarkFile;
  readonly #tools: WitnessTools;
  #standing: Standing = { kind: 'never' };
  #gaps = 0;
  #gap_ms = 0;
  /** When it was last found that we had not read for a while, by the steady clock; null: we read as it comes. */
  #congested_at: number | null = null;
  #busy_ticks = 0;
  /** When the ping that is not answered yet was sent. */
  #pinged_ms: number | null = null;
  /** The same by the steady clock. */
  #pinged_at = 0;
  #read_until_ms = 0;
  /** Lines pushed when that was proved. */
  #read_lines = 0;
  #vouched_ms = 0;
  #synced_ms = 0;
  /** Vouched for as soon as so many lines are written. */
  #candidate: { until_ms: number; lines: number } | null = null;
  readonly #missed = new MissedMessages();
  /** Vouched for when the file being written was opened: nothing in it was sent earlier. */
  #opened_ms = 0;
  #url = '';
  readonly #clock: ClockWatch;
  #markable: Omit<Mark, 'boot_id' | 'pid'> | null = null;

  constructor(ledger: Ledger, mark: MarkFile, tools: WitnessTools) {
    this.#ledger = ledger;
    this.#mark = mark;
    this.#tools = tools;
    this.#clock = new ClockWatch(tools.now, tools.uptime);
  }

  /** Gaps declared in this run. */
  get gaps(): number {
    return this.#gaps;
  }

  /** How long they are together. */
  get gap_ms(): number {
    return this.#gap_ms;
  }

  /** Since when nothing vouches for the topic, or null while it is live or never was. */
  get lost_since_ms(): number | null {
    return this.#standing.kind === 'lost' ? this.#standing.from_ms : null;
  }

  /**
   * Reads what the last run left, and declares the topic lost where it died.
   * @returns the last seal of each file, by name. Throws the system's error.
   */
  async open(): Promise<Map<string, KnownSeal>> {
    const seals = new Map<string, KnownSeal>();
    let past = NO_PAST;
    await this.#ledger.replay((record) => {
      if (record.kind === 'seal') seals.set(record.file, record);
      else past = follow(past, record);
    });
    const mark = await this.#mark.read();
    this.#clock.start();
    const { boot_id } = this.#tools;
    const { standing, is_new, vouched_ms, synced_ms } = resume(past, { mark, boot_id, ...this.#clock.seen });
    this.#standing = standing;
    this.#read_until_ms = vouched_ms;
    this.#vouched_ms = vouched_ms;
    this.#opened_ms = vouched_ms;
    this.#synced_ms = synced_ms;
    if (standing.kind === 'lost' && is_new) {
      const { from_ms, reason } = standing;
      this.#ledger.record({ kind: 'lost', from_ms: Math.floor(from_ms), reason });
    }
    return seals;
  }

  /** Everything sent before this instant is in the files. */
  get vouched_ms(): number {
    return this.#vouched_ms;
  }

  /**
   * What a look at the socket found: whether a turn of the event loop brought no read, and how long ago the last
   * read was, up to which every message is among the `lines` pushed.
   */
  looked(quiet: boolean, since_read_ms: number, lines: number): void {
    this.#busy_ticks = quiet ? 0 : this.#busy_ticks + 1;
    if (this.#busy_ticks > 1) this.congested();
    if (quiet && this.#congested_at === null) this.#provedByRead(since_read_ms, lines);
  }

  /** We did not read for a while, or cannot keep up: what was sent may lie in the network. */
  congested(): void {
    this.#congested_at = performance.now();
  }

  /** The server answered the ping; every message before its pong is among the `lines` pushed. */
  answered(lines: number, reading: boolean): void {
    if (this.#pinged_ms === null) return;
    this.#provedUntil(this.#pinged_ms, lines);
    this.#pinged_ms = null;
    // What was sent after it may still wait, unless we have read without a break since it went out.
    const is_late = this.#congested_at !== null && this.#congested_at > this.#pinged_at;
    if (reading && !this.#tools.pings_only && this.#busy_ticks === 0 && !is_late) this.#congested_at = null;
  }

  /**
   * The server's Close came: it sends no more. `asked`: as an answer to ours, so until now nothing was lost. One
   * that we did not ask for may have waited in the network, and proves no more than the read that brought it.
   */
  closed(asked: boolean, since_read_ms: number, lines: number): void {
    // Reads that follow a standstill come before the tick that notices it.
    if (this.#clock.is_overdue) this.congested();
    if (asked) this.#provedUntil(this.#tools.now(), lines);
    else if (this.#congested_at === null && this.#busy_ticks === 0) this.#provedByRead(since_read_ms, lines);
  }

  /** The subscription is confirmed. Whatever gap was open ends here. `lines`: pushed so far. */
  live(url: string, lines: number): void {
    const since_ms = this.#tools.now();
    let gap_from_ms = since_ms;
    if (this.#standing.kind === 'lost') {
      const { from_ms, to_min_ms, reason } = this.#standing;
      gap_from_ms = from_ms;
      this.#declare(from_ms, Math.max(since_ms, to_min_ms), reason);
    }
    this.#ledger.record({ kind: 'live', since_ms, url });
    const is_first = this.#standing.kind === 'never';
    this.#standing = { kind: 'live', since_ms, gap_from_ms };
    this.#url = url;
    if (is_first) this.#begin(since_ms);
    this.#congested_at = this.#tools.pings_only ? performance.now() : null;
    this.#busy_ticks = 0;
    this.#pinged_ms = null;
    this.#read_until_ms = since_ms;
    this.#read_lines = lines;
    this.#candidate = { until_ms: since_ms, lines };
  }

  /** Nothing is promised of what came before, so it counts as written and on the disk. */
  #begin(since_ms: number): void {
    this.#vouched_ms = since_ms;
    this.#synced_ms = since_ms;
    // Without a mark a crash would cost everything since.
    this.#setMark(since_ms);
  }

  /** The topic stopped being live. `lines`: pushed so far. */
  lost(reason: GapReason, lines: number): void {
    if (this.#standing.kind !== 'live') return;
    const from_ms = this.#read_until_ms;
    this.#read_lines = lines;
    this.#candidate = { until_ms: from_ms, lines };
    this.#lose(from_ms, reason);
  }

  #lose(from_ms: number, reason: GapReason): void {
    this.#standing = { kind: 'lost', from_ms, to_min_ms: 0, reason };
    this.#ledger.record({ kind: 'lost', from_ms: Math.floor(from_ms), reason });
  }

  /** A message came and became no line. */
  missed(reason: MissedReason): void {
    const now_ms = this.#tools.now();
    const sent_ms = now_ms - FLIGHT_MS;
    // It may have waited in the network for as long as nothing proves that nothing does.
    const from_ms = this.#standing.kind === 'live' ? Math.min(sent_ms, this.#read_until_ms) : sent_ms;
    this.#missed.add(reason, from_ms, now_ms);
  }

  /** What was vouched for when it was `until_ms` is forced to the disk. */
  synced(until_ms: number): void {
    this.#synced_ms = Math.max(this.#synced_ms, Math.min(this.#vouched_ms, until_ms));
  }

  /** A file was opened to be written. */
  openedFile(): void {
    this.#opened_ms = this.#vouched_ms;
  }

  /** Somebody took the file being written away, and everything in it, received from `first_ms` on. */
  lostFile(first_ms: number): void {
    const from_ms = Math.min(this.#opened_ms, first_ms - FLIGHT_MS);
    this.#declare(from_ms, this.#tools.now(), 'disk', { detail: 'the file was moved or removed' });
  }

  /** Begins the ledger and the mark anew where somebody took them away, from this instant on. */
  async lookUp(): Promise<boolean> {
    await this.#mark.lookUp();
    if (await this.#ledger.stillThere()) return true;
    const now_ms = this.#tools.now();
    if (this.#standing.kind === 'live') {
      this.#standing = { kind: 'live', since_ms: now_ms, gap_from_ms: now_ms };
      this.#ledger.record({ kind: 'live', since_ms: now_ms, url: this.#url });
    } else if (this.#standing.kind === 'lost') this.#lose(this.#standing.from_ms, this.#standing.reason);
    return false;
  }

  /** Twice a second. `written`: lines so far; `reading`: whether the socket is read. */
  tick(written: number, reading: boolean): void {
    this.wrote(written);
    this.#checkClock();
    if (this.#ledger.settled) this.#declareMissed(false);
    if (!reading) this.congested();
    if (this.#standing.kind === 'live') this.#ask();
    this.#setMark(Math.min(this.#vouched_ms, this.#missed.from_ms));
  }

  /** It is written as soon as the ledger has what had to come before it. */
  #setMark(until_ms: number): void {
    this.#markable = {
      until_ms: Math.floor(until_ms),
      synced_ms: Math.floor(Math.min(until_ms, this.#synced_ms)),
      ...this.#clock.seen,
    };
    if (this.#ledger.settled) this.#writeMark();
    else
      void this.#ledger.flushed().then(
        () => this.#writeMark(),
        () => {},
      );
  }

  /** So many lines are written. */
  wrote(written: number): void {
    while (this.#candidate !== null && written >= this.#candidate.lines) {
      this.#vouched_ms = Math.max(this.#vouched_ms, this.#candidate.until_ms);
      // What was proved while this one waited for its lines comes next.
      const proved = this.#read_until_ms > this.#vouched_ms;
      this.#candidate = proved ? { until_ms: this.#read_until_ms, lines: this.#read_lines } : null;
    }
  }

  /** The capture stopped. `unwritten`: lines that the disk did not take; `written`: lines so far. */
  async stop(unwritten: number, written: number, why: StopReason): Promise<void> {
    this.#declareMissed(true);
    this.wrote(written);
    const until_ms = Math.floor(this.#vouched_ms);
    const reason = unwritten > 0 ? 'disk' : why;
    const standing = this.#standing;
    // Among what was not written is what had been read before it was lost.
    if (unwritten > 0 && standing.kind === 'lost' && until_ms < standing.from_ms) {
      this.#lose(until_ms, standing.reason);
    }
    if (this.#standing.kind !== 'never') this.#ledger.record({ kind: 'stop', until_ms, reason });
    await this.#ledger.flushed().catch(() => {});
    await this.#mark.settled();
    this.#setMark(until_ms);
    await this.#mark.settled();
    await this.#mark.close();
  }

  /** By the clock of now: it may have been set since the read. */
  #provedByRead(since_read_ms: number, lines: number): void {
    this.#provedUntil(this.#tools.now() - since_read_ms - FLIGHT_MS, lines);
  }

  #provedUntil(until_ms: number, lines: number): void {
    if (this.#standing.kind !== 'live' || until_ms <= this.#read_until_ms) return;
    this.#read_until_ms = until_ms;
    this.#read_lines = lines;
    this.#candidate ??= { until_ms, lines };
  }

  /** While reads alone prove nothing, a ping is on its way. */
  #ask(): void {
    if (this.#congested_at === null) return;
    const patient = performance.now() - this.#congested_at < CONGESTION_MS_MAX;
    if (!patient && !this.#tools.pings_only) this.#congested_at = null;
    else this.prove();
  }

  /** Has a ping sent, whose answer proves what was sent before it. False: an earlier one is still on its way. */
  prove(): boolean {
    if (this.#pinged_ms !== null) return false;
    this.#pinged_ms = this.#tools.now();
    this.#pinged_at = performance.now();
    this.#tools.ping();
    return true;
  }

  #declare(from_ms: number, to_ms: number, reason: GapReason, more: GapDetails = {}): void {
    this.#gaps += 1;
    // A clock that was set back while the topic was lost would turn the interval round.
    const from = Math.floor(Math.min(from_ms, to_ms));
    const to = Math.ceil(Math.max(from_ms, to_ms));
    this.#gap_ms += to - from;
    this.#tools.gap(from, to, reason, more.messages);
    this.#ledger.record({ kind: 'gap', from_ms: from, to_ms: to, reason, ...more });
  }

  #declareMissed(all: boolean): void {
    for (const { from_ms, to_ms, reason, messages } of this.#missed.take(all)) {
      this.#declare(from_ms, to_ms, reason, { messages });
    }
  }

  /**
   * A step of the wall clock is a gap over both readings, from what was vouched for by then: what was sent since may
   * still be lost, and its time of sending is the old clock's. What is known is moved to the new time.
   */
  #checkClock(): void {
    const { stood_still, step } = this.#clock.look();
    if (stood_still) this.congested();
    if (step === null) return;
    const now_ms = this.#tools.now();
    const move = (at_ms: number) => Math.min(now_ms, at_ms + step.by_ms);
    const vouched_ms = Math.min(this.#vouched_ms, move(this.#vouched_ms));
    const standing = this.#standing;
    const is_live = standing.kind === 'live';
    const from_ms = Math.min(step.first_ms - FLIGHT_MS, is_live ? vouched_ms : step.first_ms);
    this.#declare(from_ms, step.last_ms, 'clock');
    if (standing.kind === 'lost' && vouched_ms < standing.from_ms) this.#lose(vouched_ms, standing.reason);
    if (this.#pinged_ms !== null) this.#pinged_ms = move(this.#pinged_ms);
    this.#read_until_ms = move(this.#read_until_ms);
    this.#vouched_ms = move(this.#vouched_ms);
    this.#opened_ms = Math.min(this.#opened_ms, this.#vouched_ms);
    this.#synced_ms = Math.min(this.#synced_ms, this.#vouched_ms);
    if (this.#candidate !== null) this.#candidate.until_ms = move(this.#candidate.until_ms);
  }

  /** Not before the ledger has everything: the mark must not pass a gap that is not written yet. */
  #writeMark(): void {
    if (this.#markable === null || !this.#ledger.settled || this.#standing.kind === 'never') return;
    const { boot_id, pid } = this.#tools;
    this.#mark.write({ boot_id: boot_id ?? '', pid, ...this.#markable });
  }
}
