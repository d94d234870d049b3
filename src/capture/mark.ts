// Writes the mark (its form: src/shared/mark.ts), one write at a time. Its bytes are there from the start, so it can be
// written on a full disk, and a process that is killed leaves it whole: a write of so few bytes is not torn.

import { join } from 'node:path';
import { MARK_BYTES, type Mark, readMark } from '../shared/mark.js';
import type { Disk, DiskFile } from './disk.js';

export class MarkFile {
  readonly #disk: Disk;
  readonly #path: string;
  /** The disk refused; called once until it works again. */
  readonly #failed: (error: unknown) => void;
  #file: DiskFile | null = null;
  #last: Pick<Mark, 'until_ms' | 'synced_ms'> | null = null;
  #writing: Promise<void> | null = null;
  #has_failed = false;

  constructor(disk: Disk, folder: string, encoded_name: string, failed: (error: unknown) => void) {
    this.#disk = disk;
    this.#path = join(folder, `${encoded_name}.mark`);
    this.#failed = failed;
  }

  /** What the last writer left, or null where there is no mark or none that can be read as one. */
  read(): Promise<Mark | null> {
    return readMark(this.#path);
  }

  /** Overwrites the mark where it says something new and no other one is being written. */
  write(mark: Mark): void {
    const { until_ms, synced_ms } = mark;
    const is_news = this.#last?.until_ms !== until_ms || this.#last.synced_ms !== synced_ms;
    if (!is_news || this.#writing !== null) return;
    this.#writing = this.#overwrite(mark)
      .then(() => {
        this.#last = { until_ms, synced_ms };
        this.#has_failed = false;
      })
      .catch((error: unknown) => {
        if (!this.#has_failed) this.#failed(error);
        this.#has_failed = true;
      })
      .finally(() => {
        this.#writing = null;
      });
  }

  /** Resolves when no mark is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Where somebody moved or removed the mark, the next one is written anew. */
  async lookUp(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    const [ours, found] = await Promise.all([
      file.stat().catch(() => null),
      this.#disk.stat(this.#path).catch(() => null),
    ]);
    if (ours !== null && found?.ino === ours.ino) return;
    await this.close();
    this.#last = null;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => {});
  }

  async #overwrite(mark: Mark): Promise<void> {
    this.#file ??= await this.#disk.open(this.#path, 'mark');
    const bytes = Buffer.from(`${JSON.stringify(mark).padEnd(MARK_BYTES - 1)}\n`);
    await this.#file.write(bytes, 0, bytes.length, 0);
  }
}
