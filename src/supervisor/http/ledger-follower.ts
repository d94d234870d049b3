// Follows a topic's ledger while it grows: what was read once is not read again. It keeps what the ledger tells of the
// topic's life, and no seals, so a ledger of a year costs no more than its gaps.
//
// A ledger grows by whole lines, and its torn last line may be cut off by the next start: so what counts as read ends
// with a line. One that was replaced or has shrunk is read anew, and the old knowledge holds until that is done.

import type { Stats } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import { LedgerLife } from '../../shared/coverage/ledger-life.js';
import { LineCutter } from '../../shared/coverage/line-cutter.js';
import { errorCode } from '../../shared/errors.js';
import { parseLedgerLine } from '../../shared/ledger-records.js';
import { openRegular } from '../../shared/open-regular.js';

/** So much is parsed in one go: some 200 records, a millisecond or two. */
const CHUNK_BYTES = 64 * 1024;
/** Longer ones hold a torn line or a frame, which tell nothing of the topic's life. */
const LINE_BYTES_MAX = 1024 * 1024;

interface Read {
  readonly life: LedgerLife;
  /** Which file it is. */
  readonly identity: string;
  /** Whole lines, and their bytes. */
  lines: number;
  bytes: number;
}

export class LedgerFollower {
  readonly #path: string;
  readonly #file: string;
  #read: Read;
  /** The state in which there was nothing more to read. */
  #seen = '';
  #reading: Promise<LedgerLife> | null = null;

  /** @param file the ledger's own name. */
  constructor(path: string, file: string) {
    this.#path = path;
    this.#file = file;
    this.#read = this.#nothing('');
  }

  /**
   * Reads what was appended since. A ledger that is not there tells nothing; throws the system's error where it cannot
   * be read. Who asks while it is read gets the same answer.
   */
  catchUp(): Promise<LedgerLife> {
    this.#reading ??= this.#catchUp().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #catchUp(): Promise<LedgerLife> {
    const found = await stat(this.#path).catch(nullWhereThereIsNone);
    if (found !== null && this.#seen === stateOf(found)) return this.#read.life;
    // It may go between the two.
    const file = found === null ? null : await openRegular(this.#path).catch(nullWhereThereIsNone);
    if (file !== null) await this.#readOn(file).finally(() => file.close());
    else [this.#read, this.#seen] = [this.#nothing(''), ''];
    return this.#read.life;
  }

  async #readOn(file: FileHandle): Promise<void> {
    const found = await file.stat();
    const identity = identityOf(found);
    const goes_on = identity === this.#read.identity && found.size >= this.#read.bytes;
    const read = goes_on ? this.#read : this.#nothing(identity);
    const start = { lines: read.lines, bytes: read.bytes };
    const cutter = new LineCutter(LINE_BYTES_MAX, (line, number) => {
      const record = line === null ? null : parseLedgerLine(line.toString('utf8'));
      if (record !== null) read.life.take(record, start.lines + number);
    });
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, found.size - start.bytes));
    for (let at = start.bytes; at < found.size; ) {
      const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, found.size - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      cutter.push(chunk.subarray(0, bytesRead));
      read.lines = start.lines + cutter.lines;
      read.bytes = at - cutter.unfinished_bytes;
    }
    this.#read = read;
    this.#seen = stateOf(found);
  }

  #nothing(identity: string): Read {
    return { life: new LedgerLife(this.#file), identity, lines: 0, bytes: 0 };
  }
}

/** The number of a file that was removed is soon another one's: that was born later. */
function identityOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}

/** What is written over a torn end may be as long as that was: the size alone does not tell. */
function stateOf(found: Stats): string {
  return `${identityOf(found)}:${found.size}:${found.mtimeMs}`;
}

function nullWhereThereIsNone(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}
