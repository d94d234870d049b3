// Reads a topic's ledger from its beginning to its end: the seals, what it tells of the topic's life, and what in it
// is no record or cannot be. Lines are read one at a time; what is kept is what the report needs.

import { LedgerLife } from '../shared/coverage/ledger-life.js';
import { LineCutter } from '../shared/coverage/line-cutter.js';
import { parseLedgerLine, type SealRecord } from '../shared/ledger-records.js';
import { readChunks } from './chunks.js';
import type { Damage } from './report.js';

/** A torn line of a file may be as long as a message, and a third longer in base64. */
const LINE_BYTES_MAX = 256 * 1024 * 1024;

export interface Sealed {
  readonly seal: SealRecord;
  /** The ledger's line. */
  readonly line: number;
}

export class Ledger {
  /** The ledger's own name. */
  readonly file: string;
  /** By the file's name, in the order in which they were made. */
  readonly seals = new Map<string, Sealed[]>();
  readonly damage: Damage[] = [];
  readonly life: LedgerLife;
  /** Complete lines, and bytes of one that is not. */
  lines = 0;
  unfinished_bytes = 0;
  readonly #isOwnFile: (name: string) => boolean;
  #bad_run: { first: number; last: number } | null = null;

  constructor(file: string, isOwnFile: (name: string) => boolean) {
    this.file = file;
    this.life = new LedgerLife(file);
    this.#isOwnFile = isOwnFile;
  }

  /** Reads the file; throws the system's error. */
  async read(path: string, took: (bytes: number) => void): Promise<void> {
    const cutter = new LineCutter(LINE_BYTES_MAX, (line, number) => this.#take(line, number));
    for await (const chunk of readChunks(path, false, took)) cutter.push(chunk);
    this.#endBadRun();
    this.lines = cutter.lines;
    this.unfinished_bytes = cutter.unfinished_bytes;
  }

  #take(line: Buffer | null, number: number): void {
    const record = line === null ? null : parseLedgerLine(line.toString('utf8'));
    if (record === null) {
      this.#bad_run ??= { first: number, last: number };
      this.#bad_run.last = number;
      return;
    }
    this.#endBadRun();
    const lost_line = this.life.take(record, number);
    if (lost_line !== null) {
      const sentence = `says that the topic is live again, but no gap covers the time since line ${lost_line}, where it was lost`;
      this.#damaged(number, sentence);
    }
    if (record.kind === 'seal') this.#seal(record, number);
  }

  /** Neighbours are one damage: a ledger that was overwritten must not make a million of them. */
  #endBadRun(): void {
    if (this.#bad_run === null) return;
    const { first, last } = this.#bad_run;
    this.#bad_run = null;
    const what = first === last ? 'this line is no record' : `lines ${first} to ${last} are no records`;
    this.#damaged(first, `${what} of a ledger`);
  }

  #damaged(line: number, sentence: string): void {
    this.damage.push({ kind: 'ledger', file: this.file, line, sentence });
  }

  #seal(seal: SealRecord, line: number): void {
    if (!this.#isOwnFile(seal.file)) {
      this.#damaged(line, `seals ${JSON.stringify(seal.file)}, which can be no file of this topic`);
      return;
    }
    const sealed = this.seals.get(seal.file);
    if (sealed === undefined) this.seals.set(seal.file, [{ seal, line }]);
    else sealed.push({ seal, line });
  }
}
