// The ledger: what was not captured as it came, a JSON line each in `<name>.ledger`, only appended to.
// Today it keeps what cannot become a line of an hour file: torn ends and frames that hold no text.

import { join } from 'node:path';
import type { Disk } from './disk.js';
import { removeTornEnd } from './repair.js';

/** Of a frame that could not become a line, this much is kept. */
const FRAME_BYTES_MAX = 64 * 1024;
/** Records that wait for the disk at one time. */
const WAITING_MAX = 100;

export type LedgerRecord =
  | { readonly kind: 'torn'; readonly file: string; readonly base64: string }
  | { readonly kind: 'frame'; readonly base64: string; readonly reason: 'undecodable' };

export class Ledger {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #now: () => number;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(disk: Disk, folder: string, encoded_name: string, now: () => number) {
    this.#disk = disk;
    this.#path = join(folder, `${encoded_name}.ledger`);
    this.#now = now;
  }

  torn(file: string, bytes: Buffer): Promise<void> {
    return this.#append({ kind: 'torn', file, base64: bytes.toString('base64') });
  }

  /** A server that sends nothing but such frames must not fill the memory: past a bound they are only counted by the caller. */
  frame(bytes: Buffer): Promise<void> {
    if (this.#waiting >= WAITING_MAX) return Promise.resolve();
    const base64 = bytes.subarray(0, FRAME_BYTES_MAX).toString('base64');
    return this.#append({ kind: 'frame', base64, reason: 'undecodable' });
  }

  /** Resolves when the record is on the disk; throws the system's error. One record at a time, in order. */
  #append(record: LedgerRecord): Promise<void> {
    const line = Buffer.from(`${JSON.stringify({ at_ms: this.#now(), ...record })}\n`);
    this.#waiting += 1;
    const done = this.#last
      .then(() => this.#write(line))
      .finally(() => {
        this.#waiting -= 1;
      });
    this.#last = done.catch(() => {});
    return done;
  }

  async #write(line: Buffer): Promise<void> {
    const file = await this.#disk.open(this.#path, 'a+');
    try {
      // An unfinished last line, from a crash or a full disk, is removed before the next record.
      await removeTornEnd(file, async () => {});
      for (let at = 0; at < line.length; ) {
        at += (await file.write(line, at, line.length - at)).bytesWritten;
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
