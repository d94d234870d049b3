// One hour's file while it is open: a torn end is removed before anything is appended, its digest is taken as it is
// written, and it can be sealed when nothing more comes. Errors of the disk are thrown, and the same call can be
// made again.

import type { SealRecord } from '../shared/ledger-records.js';
import { Digest } from './digest.js';
import type { Disk, DiskFile } from './disk.js';
import type { Batch } from './line-buffer.js';
import { removeTornEnd } from './repair.js';

/** What a closed file holds: the ledger's record of it, without the time of its writing. */
export type Seal = Omit<SealRecord, 'at_ms' | 'kind'>;

/** What is remembered of a file's last seal. */
export type KnownSeal = Pick<Seal, 'bytes' | 'first_ms' | 'last_ms'>;

export interface HourName {
  readonly hour_start_s: number;
  /** A name, not a path. */
  readonly name: string;
  readonly path: string;
}

export class OpenHour {
  readonly hour_start_s: number;
  readonly name: string;
  readonly path: string;
  readonly #file: DiskFile;
  readonly #ino: number;
  readonly #digest = new Digest();
  #size: number;
  #first_ms: number;
  #last_ms: number;
  /** The file was there before, and its last seal still holds. */
  #seal_holds: boolean;
  #dirty = false;
  #catching_up: Promise<void> | null = null;

  /** `keepTorn` stores the bytes of a torn line, which are then removed. */
  static async open(
    disk: Disk,
    hour: HourName,
    known: KnownSeal | undefined,
    keepTorn: (bytes: Buffer) => Promise<void>,
  ): Promise<OpenHour> {
    const file = await disk.open(hour.path, 'append');
    try {
      const size = await removeTornEnd(file, keepTorn);
      return new OpenHour(hour, file, size, await file.stat(), known);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  private constructor(
    { hour_start_s, name, path }: HourName,
    file: DiskFile,
    size: number,
    { ino, birthtimeMs, mtimeMs }: { ino: number; birthtimeMs: number; mtimeMs: number },
    known: KnownSeal | undefined,
  ) {
    this.hour_start_s = hour_start_s;
    this.name = name;
    this.path = path;
    this.#file = file;
    this.#ino = ino;
    this.#size = size;
    // Of lines that a crash left unsealed, the file's own times are what is known.
    this.#first_ms = size === 0 ? Number.POSITIVE_INFINITY : (known?.first_ms ?? Math.floor(birthtimeMs));
    this.#last_ms = known?.last_ms ?? Math.floor(mtimeMs);
    this.#seal_holds = known?.bytes === size;
    // What an earlier run wrote may not be on the disk.
    this.#dirty = size > 0 && !this.#seal_holds;
  }

  get size(): number {
    return this.#size;
  }

  /** When its first message was received; infinity where it is empty. */
  get first_ms(): number {
    return this.#first_ms;
  }

  /** Written to since the last sync. */
  get dirty(): boolean {
    return this.#dirty;
  }

  /** Appends a part of the batch, from its start, and returns how many bytes it was: at least 1. */
  async append({ bytes, lines, first_ms, last_ms }: Batch): Promise<number> {
    const { bytesWritten } = await this.#file.write(bytes, 0, bytes.length);
    if (bytesWritten === 0) throw Object.assign(new Error('the disk took no byte'), { code: 'EIO' });
    const counted = bytesWritten === bytes.length ? lines : undefined;
    if (this.#digest.bytes === this.#size) this.#digest.update(bytes.subarray(0, bytesWritten), counted);
    // An error shows when the file is sealed: the digest is then short of the file.
    else this.#catching_up ??= this.#catchUp().catch(() => {});
    this.#size += bytesWritten;
    this.#first_ms = Math.min(this.#first_ms, first_ms);
    this.#last_ms = last_ms;
    this.#seal_holds = false;
    this.#dirty = true;
    return bytesWritten;
  }

  /** Forces what was written to the disk. */
  async sync(): Promise<void> {
    this.#dirty = false;
    try {
      await this.#file.datasync();
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
  }

  /** Whether the file still lies where its name says. */
  async isThere(disk: Disk): Promise<boolean> {
    const found = await disk.stat(this.path).catch(() => null);
    return found?.ino === this.#ino;
  }

  /** Cuts the last `count` bytes off and closes: what the digest took in is no longer what the file holds. */
  async cutEnd(count: number): Promise<void> {
    await this.#file.truncate(this.#size - count);
    await this.#file.close();
  }

  /** Null: its last seal holds, or it is empty. */
  async seal(): Promise<Seal | null> {
    if (this.#seal_holds || this.#size === 0) return null;
    await this.#catching_up;
    await this.#catchUp();
    return {
      file: this.name,
      messages: this.#digest.lines,
      bytes: this.#digest.bytes,
      first_ms: this.#first_ms,
      last_ms: this.#last_ms,
      sha256: this.#digest.finish(),
    };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #catchUp(): Promise<void> {
    return this.#digest.catchUp(this.#file, () => this.#size);
  }
}
