// The hour files of a topic: which file an hour's lines go into, and when it is opened, closed, synced and sealed.
// It knows paths and bytes, nothing of messages or servers.
//
// It promises: a file is only appended to; a file that is left for another hour is synced, sealed and closed behind
// the writer's back, so the new hour does not wait for it; what a crash left unsealed, or what could not be sealed,
// is sealed later; a file is open once at a time. An error of the disk on the writer's way is thrown, and the same
// call can be made again; one behind its back is told and tried again.

import { join } from 'node:path';
import { errorCode } from '../shared/errors.js';
import { hourFileName } from '../shared/names.js';
import type { Fsync } from '../shared/settings.js';
import type { Disk } from './disk.js';
import type { Batch } from './line-buffer.js';
import { type HourName, type KnownSeal, OpenHour, type Seal } from './open-hour.js';

/** A file that could not be sealed is tried again after a minute, then two, … an hour. */
const RESEAL_MS_MIN = 60_000;
const RESEAL_MS_MAX = 3_600_000;

export interface HourFileEvents {
  /** A torn line of `file` (a name, not a path) is about to be removed. */
  torn(file: string, bytes: Buffer): Promise<void>;
  opened(path: string, size: number): void;
  closed(path: string): void;
  sealed(seal: Seal): void;
  /** Up to when everything that was sent has been written by now. */
  vouched_ms(): number;
  /** What was vouched for at that instant is on the disk. */
  synced(until_ms: number): void;
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

/** When a file is to be sealed, by the steady clock, and how long to wait after that if it fails. */
interface Leftover {
  readonly due_ms: number;
  readonly delay_ms: number;
}

const AT_ONCE: Leftover = { due_ms: Number.NEGATIVE_INFINITY, delay_ms: RESEAL_MS_MIN };

export class HourFile {
  readonly #disk: Disk;
  readonly #settings: HourFileSettings;
  readonly #events: HourFileEvents;
  #seals: ReadonlyMap<string, KnownSeal> = new Map();
  #open: OpenHour | null = null;
  /** Hours of files that are synced, sealed and closed in the background. */
  readonly #closing = new Map<number, Promise<void>>();
  /** Hours of files that are still to be sealed. */
  readonly #leftovers = new Map<number, Leftover>();
  /** Hours of files let go of whose bytes are not known to be on the disk. */
  readonly #unsynced = new Set<number>();

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
   * Before the first append: finds the files whose seal is missing or does not fit their size.
   * @param seals the last seal of each file, by name.
   */
  async prepare(seals: ReadonlyMap<string, KnownSeal>): Promise<void> {
    this.#seals = seals;
    const { folder, encoded_name, hour_ms } = this.#settings;
    for (const hour_start_s of await this.#disk.hoursOf(folder, encoded_name)) {
      // What starts between two hours is another's, though it is named alike.
      if (!Number.isSafeInteger(hour_start_s) || (hour_start_s * 1000) % hour_ms !== 0) continue;
      const { name, path } = this.#nameOf(hour_start_s);
      const found = await this.#disk.stat(path).catch(() => null);
      // One that was opened and never written to needs no seal.
      if (found === null || !found.isFile() || found.size === (seals.get(name)?.bytes ?? 0)) continue;
      this.#leftovers.set(hour_start_s, AT_ONCE);
    }
  }

  /**
   * Once a second, between two appends: repairs the present hour's file where a crash left it, and seals one of an
   * hour before `writing_hour_s`, the oldest that lines are still to be written for.
   */
  async tend(present_hour_s: number, writing_hour_s: number): Promise<void> {
    const now = performance.now();
    const due = [...this.#leftovers].find(([hour, { due_ms }]) => hour < writing_hour_s && due_ms <= now);
    // One at a time: a folder that was left with many must not be read all at once.
    if (due !== undefined && this.#closing.size === 0) this.#sealLeftover(...due);
    if (this.#open === null && this.#leftovers.has(present_hour_s)) {
      this.#open = await this.#openHour(present_hour_s);
    }
  }

  /**
   * Appends a part of the batch, from its start, to the file of its hour.
   * @returns how many bytes were written, at least 1.
   * @throws the system's error; nothing was written then.
   */
  async append(batch: Batch): Promise<number> {
    if (this.#open !== null && this.#open.hour_start_s !== batch.hour_start_s) this.release();
    this.#open ??= await this.#openHour(batch.hour_start_s);
    return this.#open.append(batch);
  }

  /** Once a second: forces what was written to the disk, where the settings ask for it. */
  async sync(): Promise<void> {
    const { fsync, folder } = this.#settings;
    const open = this.#open;
    if (fsync === 'never' || (fsync === 'rotate' && open?.dirty)) return;
    const until_ms = this.#events.vouched_ms();
    if (open?.dirty) {
      await open.sync();
      // So that a new file is found after a loss of power.
      await this.#disk.syncFolder(folder);
    }
    if (this.#unsynced.size === 0 && this.#leftovers.size === 0) this.#events.synced(until_ms);
  }

  /**
   * Looks whether the open file still lies where its name says. When somebody moved or removed it, it is let go
   * of and returned, and the next append makes a new one: bytes must not go where nobody can find them.
   */
  async lookUp(): Promise<OpenHour | null> {
    const open = this.#open;
    if (open === null || (await open.isThere(this.#disk))) return null;
    this.#open = null;
    await open.close().catch(() => {});
    return open;
  }

  /** Cuts the last `count` bytes off the open file: the beginning of a line that will not be finished. */
  async cutEnd(count: number): Promise<void> {
    const open = this.#open;
    if (open === null || count === 0) return;
    // The next start seals it.
    this.#open = null;
    await open.cutEnd(count);
  }

  /** Lets go of the open file; it is synced, sealed and closed in the background. */
  release(): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    this.#background(open.hour_start_s, this.#close(open, AT_ONCE));
  }

  /** Releases the open file, seals what is left to be sealed, and waits until all of it is done. */
  async finish(): Promise<void> {
    this.release();
    await Promise.all(this.#closing.values());
    for (const [hour, leftover] of [...this.#leftovers]) {
      this.#sealLeftover(hour, leftover);
      await this.#closing.get(hour);
    }
    const is_synced = this.#unsynced.size === 0 && this.#leftovers.size === 0;
    if (is_synced && this.#settings.fsync !== 'never') this.#events.synced(this.#events.vouched_ms());
  }

  #background(hour_start_s: number, work: Promise<void>): void {
    const done = work.finally(() => this.#closing.delete(hour_start_s));
    this.#closing.set(hour_start_s, done);
  }

  async #openHour(hour_start_s: number): Promise<OpenHour> {
    // Where the clock was set back, the file of this hour may just be sealed.
    await this.#closing.get(hour_start_s);
    const open = await this.#openFile(this.#nameOf(hour_start_s));
    this.#leftovers.delete(hour_start_s);
    this.#events.opened(open.path, open.size);
    return open;
  }

  #nameOf(hour_start_s: number): HourName {
    const name = hourFileName(this.#settings.encoded_name, hour_start_s);
    return { hour_start_s, name, path: join(this.#settings.folder, name) };
  }

  #openFile(hour: HourName): Promise<OpenHour> {
    const { name } = hour;
    return OpenHour.open(this.#disk, hour, this.#seals.get(name), (torn) => this.#events.torn(name, torn));
  }

  /** Syncs, seals and closes; what fails is tried again later, on the file opened anew. */
  async #close(open: OpenHour, leftover: Leftover): Promise<void> {
    const { fsync, folder } = this.#settings;
    // Everything vouched for by now is in this file or in one that was let go of before.
    const until_ms = this.#events.vouched_ms();
    const older = [...this.#unsynced];
    if (open.dirty && fsync !== 'never') this.#unsynced.add(open.hour_start_s);
    try {
      if (fsync !== 'never') {
        await open.sync();
        await this.#disk.syncFolder(folder);
        this.#unsynced.delete(open.hour_start_s);
        const is_older_synced = older.every((other) => !this.#unsynced.has(other));
        if (is_older_synced && this.#leftovers.size === 0) this.#events.synced(until_ms);
      }
      const seal = await open.seal();
      if (seal !== null) this.#events.sealed(seal);
    } catch (error) {
      this.#fail(open, leftover, error);
    }
    await open.close().catch((error: unknown) => this.#events.failed(open.path, error));
    this.#events.closed(open.path);
  }

  #sealLeftover(hour_start_s: number, leftover: Leftover): void {
    const hour = this.#nameOf(hour_start_s);
    this.#background(hour_start_s, this.#openAndClose(hour, leftover));
  }

  async #openAndClose(hour: HourName, leftover: Leftover): Promise<void> {
    try {
      // Somebody may have moved or packed it meanwhile: it must not be made anew.
      await this.#disk.stat(hour.path);
      const open = await this.#openFile(hour);
      this.#leftovers.delete(hour.hour_start_s);
      await this.#close(open, leftover);
    } catch (error) {
      this.#leftovers.delete(hour.hour_start_s);
      if (errorCode(error) !== 'ENOENT') this.#fail(hour, leftover, error);
      else this.#unsynced.delete(hour.hour_start_s);
    }
  }

  #fail({ hour_start_s, path }: HourName, { delay_ms }: Leftover, error: unknown): void {
    const due_ms = performance.now() + delay_ms;
    this.#leftovers.set(hour_start_s, { due_ms, delay_ms: Math.min(delay_ms * 2, RESEAL_MS_MAX) });
    this.#events.failed(path, error);
  }
}
