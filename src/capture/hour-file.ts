// The hour file: which file an hour's lines go into, and how it is opened, repaired, appended to, closed and
// sealed. It knows paths and bytes, nothing of messages or servers.
//
// It promises: a file is only appended to; a torn line that a crash left is removed before the first byte is
// appended; a file that is left for another hour is synced, closed and sealed behind the writer's back, so the
// new hour does not wait for it; what a crash left unsealed is repaired and sealed after the next start. Errors
// of the disk are thrown, and the same call can be made again.

import { join } from 'node:path';
import { hourFileName } from '../shared/names.js';
import type { Fsync } from '../shared/settings.js';
import { Digest } from './digest.js';
import type { Disk, DiskFile } from './disk.js';
import type { Batch } from './line-buffer.js';
import { removeTornEnd } from './repair.js';

/** What a closed file holds. */
export interface Seal {
  /** A name, not a path. */
  readonly file: string;
  readonly messages: number;
  readonly bytes: number;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly sha256: string;
}

/** What is remembered of a file's last seal. */
export type KnownSeal = Pick<Seal, 'bytes' | 'first_ms' | 'last_ms'>;

export interface HourFileEvents {
  /** A torn line of `file` (a name, not a path) is about to be removed. */
  torn(file: string, bytes: Buffer): Promise<void>;
  opened(path: string, size: number): void;
  closed(path: string): void;
  sealed(seal: Seal): void;
  /** Everything written to files before `hour_end_s` is on the disk. */
  synced(hour_end_s: number): void;
  /** Syncing, closing or sealing failed after everything was written. */
  failed(path: string, error: unknown): void;
}

export interface HourFileSettings {
  readonly folder: string;
  /** As `encodeName` gives it. */
  readonly encoded_name: string;
  readonly fsync: Fsync;
  readonly hour_ms: number;
}

interface OpenFile {
  readonly hour_start_s: number;
  readonly name: string;
  readonly path: string;
  readonly file: DiskFile;
  readonly ino: number;
  readonly digest: Digest;
  size: number;
  first_ms: number;
  last_ms: number;
  /** The file was there before, and its last seal still holds. */
  seal_holds: boolean;
  /** Written since the last sync. */
  dirty: boolean;
  catching_up: Promise<void> | null;
}

export class HourFile {
  readonly #disk: Disk;
  readonly #settings: HourFileSettings;
  readonly #events: HourFileEvents;
  readonly #closing = new Set<Promise<void>>();
  #seals: ReadonlyMap<string, KnownSeal> = new Map();
  /** Hours of files that a crash left unsealed. */
  #leftovers = new Set<number>();
  #open: OpenFile | null = null;

  constructor(disk: Disk, settings: HourFileSettings, events: HourFileEvents) {
    this.#disk = disk;
    this.#settings = settings;
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

  /**
   * Before the first append: repairs each file whose seal is missing or does not fit its size.
   * @param seals the last seal of each file, by name.
   */
  async prepare(seals: ReadonlyMap<string, KnownSeal>): Promise<void> {
    const { folder, encoded_name } = this.#settings;
    this.#seals = seals;
    const prefix = `${encoded_name}_`;
    for (const name of await this.#disk.readdir(folder)) {
      if (!name.startsWith(prefix) || !/^\d+\.jsonl$/.test(name.slice(prefix.length))) continue;
      const path = join(folder, name);
      if ((await this.#disk.stat(path)).size === seals.get(name)?.bytes) continue;
      const file = await this.#disk.open(path, 'append');
      try {
        await removeTornEnd(file, (torn) => this.#events.torn(name, torn));
      } finally {
        await file.close();
      }
      this.#leftovers.add(Number.parseInt(name.slice(prefix.length), 10));
    }
  }

  /** Seals, in the background, the files of past hours that a crash left. */
  sealLeftovers(present_hour_s: number): void {
    const past = [...this.#leftovers].filter((hour) => hour < present_hour_s);
    if (past.length === 0) return;
    for (const hour of past) this.#leftovers.delete(hour);
    this.#background(this.#sealEach(past));
  }

  /**
   * Appends a part of the batch, from its start, to the file of its hour.
   * @returns how many bytes were written, at least 1.
   * @throws the system's error; nothing was written then.
   */
  async append(batch: Batch): Promise<number> {
    if (this.#open !== null && this.#open.hour_start_s !== batch.hour_start_s) this.release();
    this.#open ??= await this.#openHour(batch.hour_start_s);
    const open = this.#open;
    const { bytes } = batch;
    const { bytesWritten } = await open.file.write(bytes, 0, bytes.length);
    if (bytesWritten === 0) throw Object.assign(new Error('the disk took no byte'), { code: 'EIO' });
    if (open.digest.bytes === open.size) open.digest.update(bytes.subarray(0, bytesWritten));
    else open.catching_up ??= this.#catchUp(open);
    open.size += bytesWritten;
    open.first_ms = Math.min(open.first_ms, batch.first_ms);
    open.last_ms = batch.last_ms;
    open.seal_holds = false;
    open.dirty = true;
    return bytesWritten;
  }

  /** Forces what was written to the disk, where the settings ask for it each second. */
  async syncInterval(): Promise<void> {
    const open = this.#open;
    if (this.#settings.fsync !== 'interval' || open === null || !open.dirty) return;
    open.dirty = false;
    await open.file.datasync();
    if (this.#closing.size === 0) this.#events.synced(Number.POSITIVE_INFINITY);
  }

  /**
   * Whether the open file still lies where its name says. When somebody moved or removed it, it is let go of,
   * and the next append makes a new one: bytes must not go where nobody can find them.
   */
  async stillThere(): Promise<boolean> {
    const open = this.#open;
    if (open === null) return true;
    const found = await this.#disk.stat(open.path).catch(() => null);
    if (found?.ino === open.ino) return true;
    this.#open = null;
    await open.file.close();
    return false;
  }

  /** Cuts the last `count` bytes off the open file: the beginning of a line that will not be finished. */
  async cutEnd(count: number): Promise<void> {
    if (this.#open === null || count === 0) return;
    await this.#open.file.truncate(this.#open.size - count);
    // What the digest took in is no longer what the file holds: the next start seals it.
    const { file } = this.#open;
    this.#open = null;
    await file.close();
  }

  /** Lets go of the open file; it is synced, closed and sealed in the background. */
  release(): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    this.#background(this.#close(open));
  }

  /** Releases the open file, seals what is left to seal, and waits until all of it is done. */
  async finish(): Promise<void> {
    this.release();
    this.sealLeftovers(Number.POSITIVE_INFINITY);
    await Promise.all(this.#closing);
  }

  #background(work: Promise<void>): void {
    const done = work.finally(() => this.#closing.delete(done));
    this.#closing.add(done);
  }

  async #openHour(hour_start_s: number): Promise<OpenFile> {
    const name = hourFileName(this.#settings.encoded_name, hour_start_s);
    const path = join(this.#settings.folder, name);
    const file = await this.#disk.open(path, 'append');
    try {
      const size = await removeTornEnd(file, (torn) => this.#events.torn(name, torn));
      const { ino, birthtimeMs, mtimeMs } = await file.stat();
      const known = this.#seals.get(name);
      this.#leftovers.delete(hour_start_s);
      this.#events.opened(path, size);
      return {
        hour_start_s,
        name,
        path,
        file,
        ino,
        digest: new Digest(),
        size,
        // Of lines that a crash left unsealed, the file's own times are what is known.
        first_ms: size === 0 ? Number.POSITIVE_INFINITY : (known?.first_ms ?? Math.floor(birthtimeMs)),
        last_ms: known?.last_ms ?? Math.floor(mtimeMs),
        seal_holds: known?.bytes === size,
        dirty: false,
        catching_up: null,
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Errors show when the file is closed: the digest is then short of the file. */
  #catchUp(open: OpenFile): Promise<void> {
    return open.digest
      .catchUp(open.file, () => open.size)
      .catch((error: unknown) => this.#events.failed(open.path, error));
  }

  async #close(open: OpenFile): Promise<void> {
    const { fsync, folder, hour_ms } = this.#settings;
    try {
      if (fsync !== 'never') {
        await open.file.datasync();
        await this.#disk.syncFolder(folder);
        this.#events.synced(open.hour_start_s + hour_ms / 1000);
      }
      if (!open.seal_holds) await this.#seal(open);
    } catch (error) {
      this.#events.failed(open.path, error);
    }
    await open.file.close().catch((error: unknown) => this.#events.failed(open.path, error));
    this.#events.closed(open.path);
  }

  async #seal(open: OpenFile): Promise<void> {
    if (open.size === 0) return;
    await open.catching_up;
    await open.digest.catchUp(open.file, () => open.size);
    const { name, first_ms, last_ms, digest } = open;
    this.#events.sealed({
      file: name,
      messages: digest.lines,
      bytes: digest.bytes,
      first_ms,
      last_ms,
      sha256: digest.finish(),
    });
  }

  /** One after the other: a folder that was left with many must not be read all at once. */
  async #sealEach(hours: readonly number[]): Promise<void> {
    for (const hour of hours) {
      try {
        await this.#close(await this.#openHour(hour));
      } catch (error) {
        this.#events.failed(
          join(this.#settings.folder, hourFileName(this.#settings.encoded_name, hour)),
          error,
        );
      }
    }
  }
}
