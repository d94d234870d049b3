// The recorder: joins connection, line buffer, writer and ledger for one topic. It decides when to pause and
// when to write, counts, and is the one place that knows how a capture starts and stops.
//
// A message goes one way: connection → line buffer → hour file. What comes back is only "full" and "room".

import { formatBytes } from '../shared/format.js';
import type { LogLevel, Report } from '../shared/ipc.js';
import { encodeName } from '../shared/names.js';
import type { TopicSettings } from '../shared/settings.js';
import { Connection, type ConnectionState } from './connection.js';
import type { Disk } from './disk.js';
import { HourFile } from './hour-file.js';
import { Ledger } from './ledger.js';
import { LineBuffer } from './line-buffer.js';
import { describe, Writer } from './writer.js';

export const HOUR_MS = 3_600_000;
const TICK_MS = 1_000;
/** So much is worth a write of its own before the flush interval is over. */
const FLUSH_BYTES = 128 * 1024;
/** With the connection's 2 s, less than the supervisor's 8 s for a stop. */
const DRAIN_MS_MAX = 3_000;

export interface RecorderTools {
  readonly disk: Disk;
  /** The wall clock, Unix milliseconds. */
  now(): number;
  random(): number;
  log(level: LogLevel, message: string): void;
  /** The PEM text of `ca_file`, or null. */
  readonly ca: string | null;
}

export class Recorder {
  readonly #settings: TopicSettings;
  readonly #tools: RecorderTools;
  readonly #buffer: LineBuffer;
  readonly #ledger: Ledger;
  readonly #file: HourFile;
  readonly #writer: Writer;
  readonly #connection: Connection;
  readonly #counts = { messages: 0, bytes: 0, dropped: 0, gaps: 0, empty: 0, undecodable: 0 };
  /** What the log was last told of these counts: each is logged once a second at most. */
  readonly #told = { dropped: 0, empty: 0, undecodable: 0, pauses: 0 };
  #pauses = 0;
  #paused = false;
  #lost = false;
  #undecodable_sentence = '';
  #last_message_at_ms: number | null = null;
  #disk_error: string | null = null;
  #flush_armed = false;
  #tick_timer: NodeJS.Timeout | undefined;

  constructor(settings: TopicSettings, output_dir: string, tools: RecorderTools) {
    this.#settings = settings;
    this.#tools = tools;
    const encoded_name = encodeName(settings.name);
    this.#buffer = new LineBuffer({ messages_max: settings.buffer_size, bytes_max: settings.buffer_bytes });
    this.#ledger = new Ledger(tools.disk, output_dir, encoded_name, tools.now);
    this.#file = new HourFile(tools.disk, output_dir, encoded_name, settings.fsync, {
      torn: (file, bytes) => this.#torn(file, bytes),
      opened: (path, size) =>
        tools.log('info', size === 0 ? `Writing ${path}` : `Appending to ${path} (${formatBytes(size)})`),
      closed: (path) => tools.log('info', `Closed ${path}`),
      failed: (path, error) =>
        tools.log('error', `${path} could not be synced or closed: ${describe(error)}`),
    });
    this.#writer = new Writer(this.#buffer, this.#file, {
      wrote: ({ lines, bytes }) => this.#wrote(lines, bytes),
      troubled: (sentence, retry_ms) => this.#troubled(sentence, retry_ms),
      recovered: () => this.#recovered(),
      lostFile: (path) =>
        tools.log('error', `${path} was moved or removed while it was being written; a new file is begun`),
    });
    this.#connection = new Connection(settings, tools, {
      message: (bytes) => this.#take(bytes),
      undecodable: (frame, sentence) => this.#keepFrame(frame, sentence),
      stateChanged: (from, to) => this.#stateChanged(from, to),
      log: tools.log,
    });
  }

  start(): void {
    this.#writer.flush();
    this.#connection.start();
    this.#tick_timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /**
   * Closes the connection in good order, writes what is held and closes the file; bounded in time.
   * @returns the messages that could not be written.
   */
  async stop(): Promise<number> {
    await this.#connection.stop();
    const unwritten = await this.#writer.finish(DRAIN_MS_MAX);
    clearInterval(this.#tick_timer);
    this.#tell();
    const { messages, bytes } = this.#counts;
    if (unwritten > 0)
      this.#tools.log(
        'error',
        `Stopped with ${unwritten} messages that the disk did not take: they are lost`,
      );
    this.#tools.log('info', `Stopped: ${messages} messages (${formatBytes(bytes)}) written in this run`);
    return unwritten;
  }

  /** The counters as they stand. `memory_bytes` is the process's resident set. */
  report(memory_bytes: number): Report {
    const { messages, bytes, dropped, gaps } = this.#counts;
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
      gaps,
      memory_bytes,
      file: this.#file.path,
      error: this.#disk_error ?? this.#connection.error,
    };
  }

  /** The hot path: each message passes here. */
  #take(message: Buffer): void {
    const now_ms = this.#tools.now();
    this.#last_message_at_ms = now_ms;
    if (message.length === 0) {
      this.#counts.empty += 1;
      return;
    }
    const buffer = this.#buffer;
    if (this.#settings.overflow === 'drop' && !buffer.fits(message.length)) {
      this.#counts.dropped += 1;
      return;
    }
    buffer.push(message, hourStart(now_ms));
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
    this.#ledger.frame(frame).catch((error: unknown) => {
      this.#tools.log('error', `A frame could not be kept in the ledger: ${describe(error)}`);
    });
  }

  #stateChanged(from: ConnectionState, to: ConnectionState): void {
    if (from === 'live' && to !== 'stopping') this.#lost = true;
    if (to !== 'live' || !this.#lost) return;
    this.#lost = false;
    this.#counts.gaps += 1;
  }

  #tick(): void {
    this.#connection.tick();
    this.#writer.tick(hourStart(this.#tools.now()));
    this.#tell();
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
}

/** The start of the UTC hour of an instant, Unix seconds. */
function hourStart(at_ms: number): number {
  return (Math.floor(at_ms / HOUR_MS) * HOUR_MS) / 1000;
}
