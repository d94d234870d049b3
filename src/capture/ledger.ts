// The ledger: what was captured and what was not, a JSON line each in `<name>.ledger`, only appended to.
//
// It promises: records are written in the order in which they were given; one that the disk refuses is kept
// and tried again each second; an unfinished last line, from a crash or a full disk, is removed before the next
// record. `settled` says whether everything given is written.

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type LedgerRecord, parseLedgerLine } from '../shared/ledger-records.js';
import type { Disk, DiskFile } from './disk.js';
import { removeTornEnd } from './repair.js';

/** A record without the time of its writing, which the ledger adds. */
export type NewRecord = LedgerRecord extends infer R ? (R extends unknown ? Omit<R, 'at_ms'> : never) : never;

const RETRY_MS = 1_000;
/** Of a frame that could not become a line, this much is kept. */
const FRAME_BYTES_MAX = 64 * 1024;
/** Many topics begin at once, each with a ledger that mostly is short. */
const READ_BYTES = 16 * 1024;
/** Frames that wait for the disk at one time: a server that sends nothing else must not fill the memory. */
const FRAMES_WAITING_MAX = 100;

export interface LedgerEvents {
  /** The disk refused; called once until it works again. */
  troubled(error: unknown): void;
}

export class Ledger {
  readonly path: string;
  readonly #disk: Disk;
  readonly #now: () => number;
  readonly #events: LedgerEvents;
  readonly #sync: boolean;
  readonly #waiting: Buffer[] = [];
  #file: DiskFile | null = null;
  #opening: Promise<DiskFile> | null = null;
  #ino = 0;
  /** The torn line that was given last. */
  #torn = '';
  #writing: Promise<void> | null = null;
  #retry_timer: NodeJS.Timeout | null = null;
  #troubled = false;
  #last_error: unknown = null;

  /** `sync`: each record is forced to the disk. */
  constructor(
    disk: Disk,
    folder: string,
    encoded_name: string,
    now: () => number,
    sync: boolean,
    events: LedgerEvents,
  ) {
    this.#disk = disk;
    this.path = join(folder, `${encoded_name}.ledger`);
    this.#now = now;
    this.#sync = sync;
    this.#events = events;
  }

  /** Whether every record that was given is written. */
  get settled(): boolean {
    return this.#waiting.length === 0;
  }

  /**
   * Removes an unfinished last line, then hands every readable record to `each`, oldest first; a line that is
   * no record is passed over (`verify` names it).
   */
  async replay(each: (record: LedgerRecord) => void): Promise<void> {
    await this.#open();
    for await (const line of finishedLines(this.path)) {
      const record = parseLedgerLine(line);
      if (record !== null) each(record);
    }
  }

  /** Gives records to be written, one after the other. */
  record(...records: NewRecord[]): void {
    const at_ms = this.#now();
    for (const { kind, ...rest } of records) {
      this.#waiting.push(Buffer.from(`${JSON.stringify({ at_ms, kind, ...rest })}\n`));
    }
    this.#start();
  }

  /** False: somebody moved or removed the ledger. The next record begins a new one. */
  async stillThere(): Promise<boolean> {
    if (this.#file === null || this.#writing !== null) return true;
    const found = await this.#disk.stat(this.path).catch(() => null);
    if (found?.ino === this.#ino || this.#writing !== null) return true;
    await this.#letGo();
    return false;
  }

  /** Keeps the beginning of a frame that could not become a line. */
  frame(bytes: Buffer, reason: 'undecodable'): void {
    if (this.#waiting.length >= FRAMES_WAITING_MAX) return;
    this.record({ kind: 'frame', base64: bytes.subarray(0, FRAME_BYTES_MAX).toString('base64'), reason });
  }

  /** Resolves when the record of a torn line is written; throws the system's error. */
  async torn(file: string, bytes: Buffer): Promise<void> {
    // It is told again at each try to remove it, which waits for the record.
    const torn = `${file} ${bytes.length}`;
    if (torn !== this.#torn) this.record({ kind: 'torn', file, base64: bytes.toString('base64') });
    this.#torn = torn;
    await this.flushed();
  }

  /** Resolves when all that was given is written; throws what the disk said if it is not. */
  async flushed(): Promise<void> {
    this.#start();
    await this.#writing;
    if (!this.settled) throw this.#last_error;
  }

  async close(): Promise<void> {
    if (this.#retry_timer !== null) clearTimeout(this.#retry_timer);
    await this.#writing;
    await this.#letGo();
  }

  async #letGo(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => {});
  }

  #start(): void {
    if (this.#writing !== null || this.settled) return;
    this.#writing = this.#run().finally(() => {
      this.#writing = null;
    });
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#writeOldest();
      this.#troubled = false;
    } catch (error) {
      this.#last_error = error;
      if (!this.#troubled) this.#events.troubled(error);
      this.#troubled = true;
      // The next try opens the file anew, and so removes what this one left unfinished.
      await this.#letGo();
      if (this.#retry_timer !== null) clearTimeout(this.#retry_timer);
      this.#retry_timer = setTimeout(() => {
        this.#retry_timer = null;
        this.#start();
      }, RETRY_MS);
    }
  }

  async #writeOldest(): Promise<void> {
    const line = this.#waiting[0];
    if (line === undefined) return;
    const file = await this.#open();
    for (let at = 0; at < line.length; ) {
      const { bytesWritten } = await file.write(line, at, line.length - at);
      if (bytesWritten === 0) throw Object.assign(new Error('the disk took no byte'), { code: 'EIO' });
      at += bytesWritten;
    }
    if (this.#sync) await file.datasync();
    this.#waiting.shift();
  }

  /** Whoever asks while it is being opened gets the same file. */
  async #open(): Promise<DiskFile> {
    if (this.#file !== null) return this.#file;
    this.#opening ??= this.#openFile().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openFile(): Promise<DiskFile> {
    const file = await this.#disk.open(this.path, 'append');
    try {
      await removeTornEnd(file, async () => {});
      this.#ino = (await file.stat()).ino;
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    this.#file = file;
    return file;
  }
}

/** Not by `node:readline`, which would be in each process's memory for this alone, and ends lines at U+2028 too. */
async function* finishedLines(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: READ_BYTES })) {
    const lines = (chunk as string).split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() as string;
    yield* lines;
  }
}
