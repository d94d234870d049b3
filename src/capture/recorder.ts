// The recorder: joins connection, line buffer, writer and witness for one topic. It decides when to pause and
// when to write, counts, and is the one place that knows how a capture starts and stops.
//
// A message goes one way: connection → line buffer → hour file. What comes back is only "full" and "room".
// The witness is told what happens on the way and answers for nothing.

import { formatBytes } from '../shared/format.js';
import type { LogLevel, Report } from '../shared/ipc.js';
import { encodeName } from '../shared/names.js';
import { withoutPassword } from '../shared/printable.js';
import type { TopicSettings } from '../shared/settings.js';
import { within } from '../shared/within.js';
import { Connection } from './connection.js';
import type { Disk } from './disk.js';
import { HourFile } from './hour-file.js';
import { Ledger } from './ledger.js';
import { LineBuffer } from './line-buffer.js';
import { MarkFile } from './mark.js';
import type { Permit } from './permits.js';
import { Witness } from './witness.js';
import { describe, Writer } from './writer.js';

export const HOUR_MS = 3_600_000;
const NEWLINE = 0x0a;
const TICK_MS = 1_000;
const WITNESS_TICK_MS = 500;
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
  random(): number;
  log(level: LogLevel, message: string): void;
  readonly permit: Permit;
  /** The PEM texts of all certificates to trust, or null: those that Node trusts. */
  readonly ca: readonly string[] | null;
  readonly pid: number;
  /** See `readBootId`. */
  readonly boot_id: string | null;
  /** The length of an hour: another one than an hour's only in tests. */
  readonly hour_ms: number;
}

export class Recorder {
  readonly #settings: TopicSettings;
  readonly #tools: RecorderTools;
  readonly #buffer: LineBuffer;
  readonly #ledger: Ledger;
  readonly #file: HourFile;
  readonly #writer: Writer;
  readonly #witness: Witness;
  readonly #connection: Connection;
  readonly #counts = { messages: 0, bytes: 0, dropped: 0, empty: 0, undecodable: 0 };
  /** What the log was last told of these counts: each is logged once a second at most. */
  readonly #told = { dropped: 0, empty: 0, undecodable: 0, pauses: 0 };
  #pauses = 0;
  #paused = false;
  #undecodable_sentence = '';
  #last_message_at_ms: number | null = null;
  #disk_error: string | null = null;
  #flush_armed = false;
  #ticks = 0;
  #tick_timer: NodeJS.Timeout | undefined;
  #witness_timer: NodeJS.Timeout | undefined;

  constructor(settings: TopicSettings, output_dir: string, tools: RecorderTools) {
    this.#settings = settings;
    this.#tools = tools;
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
      ping: () => this.#connection.ping(),
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
      vouched_ms: () => this.#witness.vouched_ms,
      synced: (until_ms) => this.#witness.synced(until_ms),
      failed: (path, error) =>
        log('error', `${path} could not be synced, closed or sealed: ${describe(error)}`),
    });
    this.#writer = new Writer(this.#buffer, this.#file, {
      prepare: async () => {
        await this.#file.prepare(await this.#witness.open());
        this.#connection.start(this.#witness.lost_since_ms);
      },
      wrote: ({ lines, bytes }) => this.#wrote(lines, bytes),
      troubled: (sentence, retry_ms) => this.#troubled(sentence, retry_ms),
      recovered: () => this.#recovered(),
      lostFile: (path, first_ms) => {
        this.#witness.lostFile(first_ms);
        log('error', `${path} was moved or removed while it was being written; a new file is begun`);
      },
    });
    this.#connection = new Connection(settings, tools, {
      message: (bytes, received_ms) => this.#take(bytes, received_ms),
      lines: (bytes, count, received_ms) => this.#takeLines(bytes, count, received_ms),
      undecodable: (frame, sentence) => this.#keepFrame(frame, sentence),
      live: () => this.#witness.live(withoutPassword(settings.ws_url), this.#buffer.pushed),
      lost: (reason) => this.#witness.lost(reason, this.#buffer.pushed),
      closed: (asked, since_read_ms) => this.#witness.closed(asked, since_read_ms, this.#buffer.pushed),
      pong: () => this.#witness.answered(this.#buffer.pushed, !this.#paused),
      log,
    });
  }

  /** The connection is made as soon as it is known what the last run left. */
  start(): void {
    this.#writer.tick(this.#hourStart(this.#tools.now()));
    this.#tick_timer = setInterval(() => this.#tick(), TICK_MS);
    this.#witness_timer = setInterval(() => this.#testify(), WITNESS_TICK_MS);
  }

  /**
   * Closes the connection in good order, writes what is held and closes the file; bounded in time.
   * @returns the messages that could not be written.
   */
  async stop(): Promise<number> {
    await this.#connection.stop();
    const unwritten = await this.#writer.finish(DRAIN_MS_MAX);
    clearInterval(this.#tick_timer);
    clearInterval(this.#witness_timer);
    this.#tell();
    const { messages, bytes } = this.#counts;
    const log = this.#tools.log;
    if (unwritten > 0)
      log('error', `Stopped with ${unwritten} messages that the disk did not take: they are lost`);
    await within(LEDGER_MS_MAX, this.#witness.stop(unwritten, this.#buffer.released));
    await within(LEDGER_MS_MAX, this.#ledger.close());
    log('info', `Stopped: ${messages} messages (${formatBytes(bytes)}) written in this run`);
    return unwritten;
  }

  /** The counters as they stand. `memory_bytes` is the process's resident set. */
  report(memory_bytes: number): Report {
    const { messages, bytes, dropped } = this.#counts;
    return {
      type: 'report',
      state: this.#connection.state,
      since_ms: this.#connection.since_ms,
      messages,
      bytes,
      last_message_at_ms: this.#last_message_at_ms,
      buffered: this.#buffer.lines,
      dropped,
      reconnects: this.#connection.reconnects,
      gaps: this.#witness.gaps,
      memory_bytes,
      file: this.#file.path,
      error: this.#disk_error ?? this.#notLive(),
    };
  }

  /** Why the topic is not live, and since when nothing vouches for it. */
  #notLive(): string | null {
    const { error } = this.#connection;
    const since_ms = this.#witness.lost_since_ms;
    if (error === null || since_ms === null) return error;
    return `Not captured since ${new Date(since_ms).toISOString()}: ${error}`;
  }

  /** The hot path of what ws parses: a message at a time. */
  #take(message: Buffer, received_ms: number): void {
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
    buffer.push(message, this.#hourStart(received_ms), received_ms);
    this.#pushed();
  }

  /** The hot path of what the connection gives as lines, many at a time. */
  #takeLines(lines: Buffer, count: number, received_ms: number): void {
    const buffer = this.#buffer;
    if (this.#settings.overflow === 'drop' && !buffer.fits(count, lines.length)) {
      for (const message of cutLines(lines)) this.#take(message, received_ms);
      return;
    }
    this.#last_message_at_ms = received_ms;
    buffer.pushLines(lines, count, this.#hourStart(received_ms), received_ms);
    this.#pushed();
  }

  #pushed(): void {
    const buffer = this.#buffer;
    if (buffer.bytes >= FLUSH_BYTES && this.#writer.idle) this.#writer.flush();
    if (!this.#flush_armed) this.#armFlush();
    if (buffer.full && !this.#paused && this.#settings.overflow === 'pause') this.#pause();
  }

  #armFlush(): void {
    this.#flush_armed = true;
    setTimeout(() => {
      this.#flush_armed = false;
      this.#writer.flush();
    }, this.#settings.flush_interval_ms);
  }

  #pause(): void {
    this.#paused = true;
    this.#pauses += 1;
    this.#witness.congested();
    this.#connection.pause();
    this.#writer.flush();
  }

  #wrote(lines: number, bytes: number): void {
    this.#counts.messages += lines;
    this.#counts.bytes += bytes;
    // While much is held, and while nothing new can come, the writer must not rest until the next interval.
    if (this.#paused || this.#buffer.bytes >= FLUSH_BYTES) this.#writer.flush();
    if (this.#paused && this.#buffer.hasRoom) {
      this.#paused = false;
      this.#connection.resume();
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

  #keepFrame(frame: Buffer, sentence: string): void {
    this.#counts.undecodable += 1;
    this.#undecodable_sentence = sentence;
    this.#witness.missed('undecodable');
    this.#ledger.frame(frame, 'undecodable');
  }

  #tick(): void {
    this.#connection.tick();
    this.#writer.tick(this.#hourStart(this.#tools.now()));
    this.#tell();
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

  #testify(): void {
    this.#witness.tick(this.#buffer.released, !this.#paused);
    this.#connection.look((quiet, since_read_ms) =>
      this.#witness.looked(quiet, since_read_ms, this.#buffer.pushed),
    );
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
