// The running digest of a file: how many lines and bytes it holds and their SHA-256, taken as they are
// written. A file that held bytes already is read from its start in the background until the digest has caught
// up with the writer, so that neither the writer nor a restart waits for gigabytes to be hashed.

import { createHash, type Hash } from 'node:crypto';
import type { DiskFile } from './disk.js';

const NEWLINE = 0x0a;
const READ_BYTES = 256 * 1024;

export class Digest {
  readonly #hash: Hash = createHash('sha256');
  #lines = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Takes in the bytes that follow those it has; `lines` where the caller counted them. */
  update(bytes: Buffer, lines = countLines(bytes)): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    this.#lines += lines;
  }

  /** Reads `file` until the digest has all of its first `end()` bytes; `end` may grow meanwhile. */
  async catchUp(file: DiskFile, end: () => number): Promise<void> {
    const block = Buffer.allocUnsafe(READ_BYTES);
    while (this.#bytes < end()) {
      const length = Math.min(READ_BYTES, end() - this.#bytes);
      const { bytesRead } = await file.read(block, 0, length, this.#bytes);
      if (bytesRead === 0) throw new Error('the file is shorter than what was written to it');
      this.update(block.subarray(0, bytesRead));
    }
  }

  /** The digest in hex. It can be had once; nothing can be taken in afterwards. */
  finish(): string {
    return this.#hash.digest('hex');
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
