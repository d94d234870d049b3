// The hour file: which file an hour's lines go into, and how it is opened, repaired, appended to and closed.
// It knows paths and bytes, nothing of messages or servers.
//
// It promises: a file is only appended to; a torn line that a crash left is removed before the first byte is
// appended; a file that is left for another hour is synced and closed behind the writer's back, so the new
// hour does not wait for it. Errors of the disk are thrown, and the same call can be made again.

import { join } from 'node:path';
import { hourFileName } from '../shared/names.js';
import type { Fsync } from '../shared/settings.js';
import type { Disk, DiskFile } from './disk.js';
import { removeTornEnd } from './repair.js';

export interface HourFileEvents {
  /** A torn line of `file` (a name, not a path) is about to be removed. */
  torn(file: string, bytes: Buffer): Promise<void>;
  opened(path: string, size: number): void;
  closed(path: string): void;
  /** Syncing or closing failed after everything was written. */
  failed(path: string, error: unknown): void;
}

interface OpenFile {
  readonly hour_start_s: number;
  readonly path: string;
  readonly file: DiskFile;
  readonly ino: number;
  /** Written since the last sync. */
  dirty: boolean;
}

export class HourFile {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #encoded_name: string;
  readonly #fsync: Fsync;
  readonly #events: HourFileEvents;
  readonly #closing = new Set<Promise<void>>();
  #open: OpenFile | null = null;

  /** `encoded_name` as `encodeName` gives it. */
  constructor(disk: Disk, folder: string, encoded_name: string, fsync: Fsync, events: HourFileEvents) {
    this.#disk = disk;
    this.#folder = folder;
    this.#encoded_name = encoded_name;
    this.#fsync = fsync;
    this.#events = events;
  }

  /** The path of the file being written, or null between two files. */
  get path(): string | null {
    return this.#open?.path ?? null;
  }

  /** The hour of the file being written, or null. */
  get hour_start_s(): number | null {
    return this.#open?.hour_start_s ?? null;
  }

  /** Removes what a crash left torn at the end of the newest file, whatever its hour. */
  async repairNewest(): Promise<void> {
    const prefix = `${this.#encoded_name}_`;
    const hours = (await this.#disk.readdir(this.#folder))
      .filter((name) => name.startsWith(prefix) && /^\d+\.jsonl$/.test(name.slice(prefix.length)))
      .map((name) => Number.parseInt(name.slice(prefix.length), 10));
    if (hours.length === 0) return;
    const name = hourFileName(
      this.#encoded_name,
      hours.reduce((newest, hour) => Math.max(newest, hour)),
    );
    const file = await this.#disk.open(join(this.#folder, name), 'a+');
    try {
      await removeTornEnd(file, (torn) => this.#events.torn(name, torn));
    } finally {
      await file.close();
    }
  }

  /**
   * Appends a part of `bytes`, from its start, to the file of the hour.
   * @returns how many bytes were written, at least 1.
   * @throws the system's error; nothing was written then.
   */
  async append(hour_start_s: number, bytes: Buffer): Promise<number> {
    if (this.#open !== null && this.#open.hour_start_s !== hour_start_s) this.release();
    this.#open ??= await this.#openHour(hour_start_s);
    const { bytesWritten } = await this.#open.file.write(bytes, 0, bytes.length);
    this.#open.dirty = true;
    if (bytesWritten === 0) throw Object.assign(new Error('the disk took no byte'), { code: 'EIO' });
    return bytesWritten;
  }

  /** Forces what was written to the disk, where the settings ask for it each second. */
  async syncInterval(): Promise<void> {
    if (this.#fsync !== 'interval' || this.#open === null || !this.#open.dirty) return;
    this.#open.dirty = false;
    await this.#open.file.datasync();
  }

  /**
   * Whether the open file still lies where its name says. When somebody moved or removed it, it is released,
   * and the next append makes a new one: bytes must not go where nobody can find them.
   */
  async stillThere(): Promise<boolean> {
    if (this.#open === null) return true;
    const { path, ino } = this.#open;
    const found = await this.#disk.stat(path).catch(() => null);
    if (found?.ino === ino) return true;
    this.release();
    return false;
  }

  /** Cuts the last `count` bytes off the open file: the beginning of a line that will not be finished. */
  async cutEnd(count: number): Promise<void> {
    if (this.#open === null || count === 0) return;
    const { size } = await this.#open.file.stat();
    await this.#open.file.truncate(size - count);
  }

  /** Lets go of the open file; it is synced and closed in the background. */
  release(): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    const done = this.#close(open).finally(() => this.#closing.delete(done));
    this.#closing.add(done);
  }

  /** Releases the open file and waits until every released one is closed. */
  async finish(): Promise<void> {
    this.release();
    await Promise.all(this.#closing);
  }

  async #openHour(hour_start_s: number): Promise<OpenFile> {
    const name = hourFileName(this.#encoded_name, hour_start_s);
    const path = join(this.#folder, name);
    const file = await this.#disk.open(path, 'a+');
    try {
      const size = await removeTornEnd(file, (torn) => this.#events.torn(name, torn));
      const { ino } = await file.stat();
      this.#events.opened(path, size);
      return { hour_start_s, path, file, ino, dirty: false };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #close(open: OpenFile): Promise<void> {
    try {
      if (this.#fsync !== 'never') await open.file.datasync();
    } catch (error) {
      this.#events.failed(open.path, error);
    }
    try {
      await open.file.close();
      this.#events.closed(open.path);
    } catch (error) {
      this.#events.failed(open.path, error);
    }
  }
}
