// The log: one text line a record, a file a day (UTC) beside `log_file`, which is a link to the present one.
//
// It promises: the last lines before the exit are there; a log that cannot be written stops nothing and fills
// no memory (lines are then counted, and the count is told when it can be written again); no line of a child or
// a server can pass for two, or for something else. What the rotating transport does not do by itself is done
// here: it leaves a regular file where its link should be, it lets a disk error through as an exception, and its
// own buffer has no bound.

import * as fs from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger, format, type Logger, transports } from 'winston';
import DailyRotateFile from 'winston-daily-rotate-file';
import { EXIT_CANNOT_CREATE, ExitError, errorMessage } from '../shared/errors.js';
import type { LogLevel } from '../shared/ipc.js';
import { printable } from '../shared/printable.js';
import type { Settings } from '../shared/settings.js';
import { within } from '../shared/within.js';

/** Bytes on their way to the disk; the lines beyond are counted and dropped. */
const UNWRITTEN_BYTES_MAX = 1024 * 1024;
const CLOSE_MS_MAX = 1_000;
const LOOK_MS = 5;
/** A log that failed is tried again so often. */
const RETRY_MS = 10_000;

/** Writes a line; `who` is a topic and pid, or nothing for the supervisor itself. */
export type Log = (level: LogLevel, message: string, who?: string, at_ms?: number) => void;

type LogSettings = Pick<Settings, 'log_file' | 'log_keep_days' | 'log_to_stdout'>;

export class LogFile {
  readonly #settings: LogSettings;
  readonly #logger: Logger;
  #transport: DailyRotateFile;
  /** Of the transport that is open. */
  #unwritten = { bytes: 0 };
  #dropped = 0;
  #failed = false;
  #retry_timer: NodeJS.Timeout | undefined;

  /** @throws ExitError 73 where the log file cannot be made. */
  constructor(settings: LogSettings) {
    this.#settings = settings;
    makeWritable(settings.log_file);
    this.#transport = this.#openTransport();
    this.#logger = createLogger({
      level: 'debug',
      format: format.printf(({ message }) => String(message)),
      transports: [this.#transport, ...(settings.log_to_stdout ? [new transports.Console()] : [])],
      exitOnError: false,
    });
  }

  readonly write: Log = (level, message, who, at_ms = Date.now()) => {
    const text = line(level, message, who, at_ms);
    this.#transport.silent = this.#failed || this.#unwritten.bytes >= UNWRITTEN_BYTES_MAX;
    if (this.#transport.silent) this.#dropped += 1;
    else {
      this.#tellDropped();
      this.#unwritten.bytes += Buffer.byteLength(text) + 1;
    }
    try {
      this.#logger.log({ level, message: text });
    } catch (error) {
      // Such as: the folder is gone when a new day's file is due.
      this.#fail(error);
    }
  };

  /** Writes a line past everything, for the last words of a process that ends now. */
  writeNow(level: LogLevel, message: string): void {
    try {
      fs.appendFileSync(
        currentFile(this.#settings.log_file),
        `${line(level, message, undefined, Date.now())}\n`,
      );
    } catch {
      // It is said on stderr as well.
    }
  }

  /** Writes what is left and closes, within a second. */
  async close(): Promise<void> {
    clearTimeout(this.#retry_timer);
    if (!this.#failed) this.#tellDropped();
    // The logger hands its lines on at the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    const finished = new Promise<void>((resolve) => {
      const inner = stream(this.#transport);
      inner.on('finish', () => resolve());
      inner.on('error', () => resolve());
    });
    this.#logger.close();
    if (!this.#failed) await within(CLOSE_MS_MAX, this.#flushed(finished));
  }

  /** Around midnight the end that is told may be that of the day before: what counts is what is written. */
  async #flushed(finished: Promise<void>): Promise<void> {
    await finished;
    const deadline = performance.now() + CLOSE_MS_MAX;
    while (this.#unwritten.bytes > 0 && performance.now() < deadline) await delay(LOOK_MS);
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const lines = this.#dropped === 1 ? '1 log line is' : `${this.#dropped} log lines are`;
    this.#dropped = 0;
    this.write('warn', `${lines} missing here: the log could not be written`);
  }

  #openTransport(): DailyRotateFile {
    const { log_file, log_keep_days } = this.#settings;
    const extension = extname(log_file);
    const name = basename(log_file);
    const unwritten = { bytes: 0 };
    const transport = new DailyRotateFile({
      dirname: dirname(log_file),
      filename: `${basename(log_file, extension)}.%DATE%`,
      extension,
      datePattern: 'YYYY-MM-DD',
      utc: true,
      maxFiles: `${log_keep_days}d`,
      createSymlink: true,
      symlinkName: name,
      auditFile: join(dirname(log_file), `.${name}-audit.json`),
      options: { flags: 'a', fs: countingWrites(unwritten) },
    });
    stream(transport).on('error', (error: unknown) => {
      if (transport === this.#transport) this.#fail(error);
    });
    this.#unwritten = unwritten;
    return transport;
  }

  /** The stream under the transport is dead after an error: a new one is opened after a while. */
  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    if (this.#settings.log_to_stdout)
      this.write('error', `The log cannot be written: ${errorMessage(error)}`);
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retry_timer = setTimeout(() => this.#reopen(), RETRY_MS);
    this.#retry_timer.unref();
  }

  #reopen(): void {
    try {
      makeWritable(this.#settings.log_file);
      // Ends the line that the disk took a part of, and throws while there is no room.
      fs.appendFileSync(currentFile(this.#settings.log_file), '\n');
      const failed = this.#transport;
      this.#transport = this.#openTransport();
      this.#logger.remove(failed);
      this.#logger.add(this.#transport);
      this.#failed = false;
    } catch {
      this.#retryLater();
    }
  }
}

/** The file system for a stream, which takes what it has written off `unwritten`. */
function countingWrites(unwritten: { bytes: number }): object {
  const write = (
    fd: number,
    bytes: Buffer,
    offset: number,
    length: number,
    position: number | null,
    done: (error: NodeJS.ErrnoException | null, written: number, bytes: Buffer) => void,
  ) =>
    fs.write(fd, bytes, offset, length, position, (error, written, same) => {
      unwritten.bytes -= written ?? 0;
      done(error, written, same);
    });
  return { open: fs.open, close: fs.close, write };
}

interface InnerStream {
  on(event: 'finish' | 'error', listener: (error?: unknown) => void): void;
}

/** The rotating stream under the transport, which its types do not show. */
function stream(transport: DailyRotateFile): InnerStream {
  return (transport as unknown as { logStream: InnerStream }).logStream;
}

function line(level: LogLevel, message: string, who: string | undefined, at_ms: number): string {
  const from = who === undefined ? '' : ` [${printable(who)}]`;
  return `${new Date(at_ms).toISOString()} ${level.toUpperCase().padEnd(5)}${from} ${printable(message)}`;
}

/** Keeps a regular file of the log's name aside, and sees that one can be written in its folder. */
function makeWritable(log_file: string): void {
  try {
    fs.mkdirSync(dirname(log_file), { recursive: true });
    const there = fs.lstatSync(log_file, { throwIfNoEntry: false });
    if (there?.isFile()) fs.renameSync(log_file, keptName(log_file, there.mtime));
    else if (there !== undefined && !isOwnLink(log_file, there)) throw new Error(`it is ${kindOf(there)}`);
    fs.writeFileSync(currentFile(log_file), '', { flag: 'a' });
  } catch (error) {
    throw new ExitError(EXIT_CANNOT_CREATE, [
      `The log file ${log_file} cannot be written: ${errorMessage(error)}. Choose another "log_file", or give the right to write there.`,
    ]);
  }
}

/** A link to our own file of some day. */
function isOwnLink(log_file: string, there: fs.Stats): boolean {
  if (!there.isSymbolicLink()) return false;
  const target = resolve(dirname(log_file), fs.readlinkSync(log_file));
  const date = /\d{4}-\d{2}-\d{2}/.exec(basename(target))?.[0];
  return date !== undefined && target === resolve(datedName(log_file, date));
}

function kindOf(there: fs.Stats): string {
  if (there.isDirectory()) return 'a folder';
  return there.isSymbolicLink() ? 'a link to something else' : 'no regular file';
}

/** The name that the transport gives to today's file. */
function currentFile(log_file: string): string {
  return datedName(log_file, new Date().toISOString().slice(0, 10));
}

function datedName(log_file: string, date: string): string {
  const extension = extname(log_file);
  return join(dirname(log_file), `${basename(log_file, extension)}.${date}${extension}`);
}

/** A name of its own for a file that another program left: dated to the second, numbered where that is taken. */
function keptName(log_file: string, written: Date): string {
  const stamp = `kept-${written.toISOString().slice(0, 19).replaceAll(':', '')}Z`;
  for (let n = 0; ; n += 1) {
    const name = datedName(log_file, n === 0 ? stamp : `${stamp}-${n}`);
    if (fs.statSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}
