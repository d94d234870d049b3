// Writes the mark (its form: src/shared/mark.ts). Its bytes are there from the start, so it can be written on a full
// disk, and a process that is killed leaves it whole: a write of so few bytes is not torn.

import { join } from 'node:path';
import { MARK_BYTES, type Mark, readMark } from '../shared/mark.js';
import type { Disk, DiskFile } from './disk.js';

export class MarkFile {
  readonly #disk: Disk;
  readonly #path: string;
  #file: DiskFile | null = null;

  constructor(disk: Disk, folder: string, encoded_name: string) {
    this.#disk = disk;
    this.#path = join(folder, `${encoded_name}.mark`);
  }

  /** What the last writer left, or null where there is no mark or none that can be read as one. */
  read(): Promise<Mark | null> {
    return readMark(this.#path);
  }

  /** Overwrites the mark. Throws the system's error. */
  async write(mark: Mark): Promise<void> {
    this.#file ??= await this.#disk.open(this.#path, 'mark');
    const bytes = Buffer.from(`${JSON.stringify(mark).padEnd(MARK_BYTES - 1)}\n`);
    await this.#file.write(bytes, 0, bytes.length, 0);
  }

  /** Where somebody moved or removed the mark, the next one is written anew. */
  async lookUp(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    const [ours, found] = await Promise.all([
      file.stat().catch(() => null),
      this.#disk.stat(this.#path).catch(() => null),
    ]);
    if (ours === null || found?.ino !== ours.ino) await this.close();
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => {});
  }
}
