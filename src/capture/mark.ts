// The mark: a small file of fixed size, overwritten in place, that says up to which instant a topic is vouched
// for. Its bytes are there from the start, so it can be written on a full disk, and a process that is killed
// leaves it whole: a write of so few bytes is not torn.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disk, DiskFile } from './disk.js';

const MARK_BYTES = 192;

export interface Mark {
  /** The machine's run: another one after a reboot. */
  readonly boot_id: string;
  readonly pid: number;
  /** Everything sent before this instant has been read and handed to the kernel. Unix milliseconds. */
  readonly until_ms: number;
  /** The same, and forced to the disk: what a loss of power leaves. */
  readonly synced_ms: number;
}

export class MarkFile {
  readonly #disk: Disk;
  readonly #path: string;
  #file: DiskFile | null = null;

  constructor(disk: Disk, folder: string, encoded_name: string) {
    this.#disk = disk;
    this.#path = join(folder, `${encoded_name}.mark`);
  }

  /** What the last writer left, or null where there is no mark or none that can be read as one. */
  async read(): Promise<Mark | null> {
    try {
      const mark = JSON.parse(await readFile(this.#path, 'utf8')) as Mark;
      const whole = [mark.until_ms, mark.synced_ms, mark.pid].every(Number.isSafeInteger);
      return whole && typeof mark.boot_id === 'string' ? mark : null;
    } catch {
      return null;
    }
  }

  /** Overwrites the mark. Throws the system's error. */
  async write(mark: Mark): Promise<void> {
    this.#file ??= await this.#disk.open(this.#path, 'mark');
    const bytes = Buffer.from(`${JSON.stringify(mark).padEnd(MARK_BYTES - 1)}\n`);
    await this.#file.write(bytes, 0, bytes.length, 0);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }
}

/** The id that Linux gives to each run of the machine; null elsewhere, where every crash counts as a reboot. */
export async function readBootId(): Promise<string | null> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}
