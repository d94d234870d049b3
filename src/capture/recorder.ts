// The recorder of a topic: joins line buffer, writer and witness, and counts. It knows nothing of the connection: what
// comes is handed in, and back go only "full" and "room".
//
// A message goes one way: connection → line buffer → hour file. The witness is told what happens on the way and
// answers for nothing.

import { formatBytes } from '../shared/format.js';
import type { LogLevel, StopReason } from '../shared/ipc.js';
import type { GapReason } from '../shared/ledger-records.js';
import { encodeName } from '../shared/names.js';
import { withoutPassword } from '../shared/printable.js';
import type { TopicSettings } from '../shared/settings.js';
import { within } from '../shared/within.js';
import type { WriteLatency } from '../shared/write-latency.js';
import type { Disk } from './disk.js';
import { EventLag } from './event-lag.js';
import { HourFile } from './hour-file.js';
import { Ledger } from './ledger.js';
import { LineBuffer, type Released } from './line-buffer.js';
import { MarkFile } from './mark.js';
import { Witness } from './witness.js';
import { WriteWaits } from './write-waits.js';
import { describe, Writer } from './writer.js';

export const HOUR_MS = 3_600_000;
const NEWLINE = 0x0a;
/** Whether ledger and mark still lie under their names is looked up every so many ticks. */
const TICKS_PER_LOOKUP = 2;
/** So much is worth a write of its own before the flush interval is over. */
const FLUSH_BYTES = 128 * 1024;
/** With the connection's 2 s, less than the supervisor's 8 s for a stop. */
const DRAIN_MS_MAX = 3_000;
/** Twice, for the last records. */
const LEDGER_MS_MAX = 250;

export interface RecorderTools {
  readonly disk: Disk;
  /** The wall clock, Unix milliseconds. */
  now(): number;
  /** Milliseconds since the machine was started. */
  uptime(): number;
  log(level: LogLevel, message: string): void;
  readonly pid: number;
  /** See `readBootId`. */
  readonly boot_id: string | null;
  /** The length of an hour: another one than an hour's only in tests. */
  readonly hour_ms: number;
}

export interface RecorderEvents {
  /** What the last run left is known: messages can come. */
  prepared(): void;
  /** The buffer is full: nothing may be read until `room`. */
  full(): void;
  room(): void;
  /** The witness wants a protocol ping; its answer is told as `answered`. */
  pingWanted(): void;
}

/** What it has counted, and where it stands. */
export interface Recorded {
  readonly messages: number;
  readonly bytes: number;
  readonly last_message_at_ms: number | null;
  readonly buffered: number;
  readonly dropped: number;
  readonly gaps: number;
  readonly gap_ms: number;
  readonly event_lag_ms: number | null;
  readonly write_ms: WriteLatency;
  readonly file: string | null;
  /** What is wrong with the disk, or null. */
  readonly disk_error: string | null;
  /** Since when nothing vouches for the topic, or null. */
  readonly lost_since_ms: number | null;
}

export class Recorder {
  readonly #settings: TopicSettings;
  readonly #tools: RecorderTools;
  readonly #events: RecorderEvents;
  readonly #buffer: LineBuffer;
  readonly #ledger: Ledger;
  readonly #file: HourFile;
  readonly #writer: Writer;
  readonly #witness: Witness;
  readonly #lag: EventLag;
  readonly #waits = new WriteWaits();
  readonly #counts = { messages: 0, bytes: 0, dropped: 0, empty: 0, undecodable: 0 };
  /** What the log was last told of these counts: each is logged once a second at most. */
  readonly #told = { dropped: 0, empty: 0, undecodable: 0, pauses: 0 };
  #pauses = 0;
  #paused = false;
  #undecodable_sentence = '';
  #last_message_at_ms: number | null = null;
  #disk_error: string | null = null;
  #flush_timer: NodeJS.Timeout | null = null;
  #ticks = 0;
  #finished: Promise<number> | null = null;

  constructor(settings: TopicSettings, output_dir: string, tools: RecorderTools, events: RecorderEvents) {
    this.#settings = settings;
    this.#tools = tools;
    this.#events = events;
    this.#lag = new EventLag(settings.protocol.event_time);
    const { disk, now, log } = tools;
    const encoded_name = encodeName(settings.name);
    this.#buffer = new LineBuffer({ messages_max: settings.buffer_size, bytes_max: settings.buffer_bytes });
    this.#ledger = new Ledger(disk, output_dir, encoded_name, now, settings.fsync !== 'never', {
      troubled: (error) => log('error', `${this.#ledger.path} could not be written: ${describe(error)}`),
    });
    const mark = new MarkFile(disk, output_dir, encoded_name, (error) =>
      log('error', `The mark could not be written: ${describe(error)}`),
    );
    this.#witness = new Witness(this.#ledger, mark, {
      now,
      uptime: tools.uptime,
      boot_id: tools.boot_id,
      pid: tools.pid,
      pings_only: settings.compression,
      ping: () => events.pingWanted(),
      gap: (from_ms, to_ms, reason, messages) => log('warn', gapSentence(from_ms, to_ms, reason, messages)),
    });
    const hour = { folder: output_dir, encoded_name, fsync: settings.fsync, hour_ms: tools.hour_ms };
    this.#file = new HourFile(disk, hour, {
      torn: (file, bytes) => this.#torn(file, bytes),
      opened: (path, size) => {
        this.#witness.openedFile();
        log('info', size === 0 ? `Writing ${path}` : `Appending to ${path} (${formatBytes(size)})`);
      },
      closed: (path) => log('info', `Closed ${path}`),
      sealed: (seal) => this.#ledger.record({ kind: 'seal', ...seal }),
      vouched_ms: () => {
        this.#witness.wrote(this.#buffer.released);
        return this.#witness.vouched_ms;
      },
      synced: (until_ms) => this.#witness.synced(until_ms),
      failed: (path, error) =>
        log('error', `${path} could not be synced, closed or sealed: ${describe(error)}`),
    });
    this.#writer = new Writer(this.#buffer, this.#file, {
      prepare: async () => {
        await this.#file.prepare(await this.#witness.open());
        events.prepared();
      },
      wrote: (released) => this.#wrote(released),
      troubled: (sentence, retry_ms) => this.#troubled(sentence, retry_ms),
      recovered: () => this.#recovered(),
      lostFile: (path, first_ms) => {
        this.#witness.lostFile(first_ms);
        log('error', `${path} was moved or removed while it was being written; a new file is begun`);
      },
    });
  }

  /** Reads what the last run left; tells `prepared` as soon as the disk lets it. */
  start(): void {
    this.#writer.tick(this.#hourStart(this.#tools.now()));
  }

  /** The subscription is confirmed. */
  live(): void {
    this.#witness.live(withoutPassword(this.#settings.ws_url), this.#buffer.pushed);
  }

  /** The topic is no longer live, though nobody asked for it. */
  lost(reason: GapReason): void {
    this.#witness.lost(reason, this.#buffer.pushed);
  }

  /** See `Witness.closed`. */
  closed(asked: boolean, since_read_ms: number): void {
    this.#witness.closed(asked, since_read_ms, this.#buffer.pushed);
  }

  /** The answer to the ping that was wanted came. */
  answered(reading: boolean): void {
    this.#witness.answered(this.#buffer.pushed, reading);
  }

  /** See `Witness.looked`. */
  looked(quiet: boolean, since_read_ms: number): void {
    this.#witness.looked(quiet, since_read_ms, this.#buffer.pushed);
  }

  /** Asks for the proof that everything sent until now was read; it comes as `answered`. */
  prove(): boolean {
    return this.#witness.prove();
  }

  /** Messages came of which nobody can tell whether they were this topic's. */
  missed(reason: 'undecodable'): void {
    this.#witness.missed(reason);
  }

  /** Reading stopped: what is sent from now on waits in the network. */
  congested(): void {
    this.#witness.congested();
  }

  /**
   * Writes what is held and closes the file; bounded in time. Nothing may come after it.
   * @returns the messages that could not be written.
   */
  finish(reason: StopReason): Promise<number> {
    this.#finished ??= this.#finish(reason);
    return this.#finished;
  }

  async #finish(reason: StopReason): Promise<number> {
    const unwritten = await this.#writer.finish(DRAIN_MS_MAX);
    if (this.#flush_timer !== null) clearTimeout(this.#flush_timer);
    this.#tell();
    const { messages, bytes } = this.#counts;
    const log = this.#tools.log;
    if (unwritten > 0)
      log('error', `Stopped with ${unwritten} messages that the disk did not take: they are lost`);
    await within(LEDGER_MS_MAX, this.#witness.stop(unwritten, this.#buffer.released, reason));
    await within(LEDGER_MS_MAX, this.#ledger.close());
    log('info', `Stopped: ${messages} messages (${formatBytes(bytes)}) written in this run`);
    return unwritten;
  }

  /** The counters as they stand. */
  get recorded(): Recorded {
    const { messages, bytes, dropped } = this.#counts;
    return {
      messages,
      bytes,
      last_message_at_ms: this.#last_message_at_ms,
      buffered: this.#buffer.lines,
      dropped,
      gaps: this.#witness.gaps,
      gap_ms: this.#witness.gap_ms,
      event_lag_ms: this.#lag.lag_ms,
      write_ms: this.#waits.total,
      file: this.#file.path,
      disk_error: this.#disk_error,
      lost_since_ms: this.#witness.lost_since_ms,
    };
  }

  /** The longest time that a message waited for its write since this was asked last. */
  takeLongestWait(): number {
    return this.#waits.takeLongest();
  }

  /** The hot path of what ws parses: a message at a time. */
  take(message: Buffer, received_ms: number): void {
    this.#last_message_at_ms = received_ms;
    if (message.length === 0) {
      this.#counts.empty += 1;
      return;
    }
    const buffer = this.#buffer;
    if (this.#settings.overflow === 'drop' && !buffer.fits(1, message.length + 1)) {
      this.#counts.dropped += 1;
      this.#witness.missed('overflow');
      return;
    }
    if (this.#lag.due) this.#lag.look(message, received_ms);
    buffer.push(message, this.#hourStart(received_ms), received_ms);
    this.#pushed();
  }

  /** The hot path of what the connection gives as lines, many at a time. */
  takeLines(lines: Buffer, count: number, received_ms: number): void {
    const buffer = this.#buffer;
    if (this.#settings.overflow === 'drop' && !buffer.fits(count, lines.length)) {
      for (const message of cutLines(lines)) this.take(message, received_ms);
      return;
    }
    if (this.#lag.due) this.#lag.lookAtLast(lines, received_ms);
    this.#last_message_at_ms = received_ms;
    buffer.pushLines(lines, count, this.#hourStart(received_ms), received_ms);
    this.#pushed();
  }

  #pushed(): void {
    const buffer = this.#buffer;
    if (buffer.bytes >= FLUSH_BYTES && this.#writer.idle) this.#writer.flush();
    if (this.#flush_timer === null) this.#armFlush();
    if (buffer.full && !this.#paused && this.#settings.overflow === 'pause') this.#pause();
  }

  #armFlush(): void {
    this.#flush_timer = setTimeout(() => {
      this.#flush_timer = null;
      this.#writer.flush();
    }, this.#settings.flush_interval_ms);
  }

  #pause(): void {
    this.#paused = true;
    this.#pauses += 1;
    this.#events.full();
    this.#writer.flush();
  }

  #wrote({ lines, bytes, waited_ms }: Released): void {
    if (lines > 0) this.#waits.note(waited_ms);
    this.#counts.messages += lines;
    this.#counts.bytes += bytes;
    // While much is held, and while nothing new can come, the writer must not rest until the next interval.
    if (this.#paused || this.#buffer.bytes >= FLUSH_BYTES) this.#writer.flush();
    if (this.#paused && this.#buffer.hasRoom) {
      this.#paused = false;
      this.#events.room();
    }
  }

  #troubled(sentence: string, retry_ms: number): void {
    this.#disk_error = `Writing failed: ${sentence}`;
    this.#tools.log(
      'error',
      `${this.#disk_error}; ${this.#buffer.lines} messages are held, trying again in ${retry_ms / 1000} s`,
    );
  }

  #recovered(): void {
    this.#disk_error = null;
    this.#tools.log('info', 'Writing works again');
  }

  async #torn(file: string, bytes: Buffer): Promise<void> {
    await this.#ledger.torn(file, bytes);
    this.#tools.log(
      'warn',
      `${file} ended in a torn line of ${bytes.length} bytes: removed, kept in the ledger`,
    );
  }

  /** A binary frame that holds no text. */
  keepFrame(frame: Buffer, sentence: string): void {
    this.#counts.undecodable += 1;
    this.#undecodable_sentence = sentence;
    this.#witness.missed('undecodable');
    this.#ledger.frame(frame, 'undecodable');
  }

  /** Once a second. */
  tick(): void {
    this.#writer.tick(this.#hourStart(this.#tools.now()));
    this.#tell();
    this.#lag.tick();
    this.#ticks += 1;
    if (this.#ticks % TICKS_PER_LOOKUP === 0) void this.#lookUp();
  }

  async #lookUp(): Promise<void> {
    if (await this.#witness.lookUp()) return;
    const { path } = this.#ledger;
    this.#tools.log(
      'error',
      `${path} was moved or removed: a new one is begun, of which nothing earlier is known`,
    );
  }

  /** Twice a second, before the look at the socket. `reading`: whether it is read. */
  testify(reading: boolean): void {
    this.#witness.tick(this.#buffer.released, reading);
  }

  /** Logs what was counted since the last time: a flood of one event is one line a second. */
  #tell(): void {
    const { dropped, empty, undecodable } = this.#counts;
    const told = this.#told;
    const log = this.#tools.log;
    const held = `${this.#buffer.lines} messages, ${formatBytes(this.#buffer.bytes)}`;
    if (this.#pauses > told.pauses)
      log('warn', `The buffer was full (now ${held}): reading was paused until the disk caught up`);
    if (dropped > told.dropped)
      log(
        'warn',
        `The buffer is full (${held}): ${dropped - told.dropped} messages dropped, ${dropped} in all`,
      );
    if (empty > told.empty)
      log('info', `${empty - told.empty} empty messages were not written, ${empty} in all`);
    if (undecodable > told.undecodable) {
      log(
        'warn',
        `${undecodable - told.undecodable} binary frames became no line (the last one: ${this.#undecodable_sentence}), ${undecodable} in all; kept in the ledger`,
      );
    }
    Object.assign(told, { dropped, empty, undecodable, pauses: this.#pauses });
  }

  /** The start of the hour of an instant, Unix seconds. */
  #hourStart(at_ms: number): number {
    const { hour_ms } = this.#tools;
    return (Math.floor(at_ms / hour_ms) * hour_ms) / 1000;
  }
}

/** Views of the lines, without their newlines. */
function* cutLines(lines: Buffer): Generator<Buffer> {
  for (let start = 0; start < lines.length; ) {
    const end = lines.indexOf(NEWLINE, start);
    yield lines.subarray(start, end);
    start = end + 1;
  }
}

function gapSentence(from_ms: number, to_ms: number, reason: string, messages: number | undefined): string {
  const [from, to] = [from_ms, to_ms].map((ms) => new Date(ms).toISOString());
  const lost = messages === undefined ? '' : `, ${messages} messages lost`;
  return `Gap of ${((to_ms - from_ms) / 1000).toFixed(1)} s, from ${from} to ${to}: ${reason}${lost}`;
}
