// What the page shows of a topic that is opened, but for its charts: its gaps, its files, its last message and its log
// lines. All of it is bounded, and read when it is asked for: from the ends of the files, never the whole of one.

import { join } from 'node:path';
import { type Gap, pageGap } from '../../shared/coverage/ledger-life.js';
import { errorCode } from '../../shared/errors.js';
import { parseLedgerLine, type SealRecord } from '../../shared/ledger-records.js';
import { encodeName } from '../../shared/names.js';
import type { PageFile, TopicDetails } from '../../shared/page-data.js';
import type { LedgerCoverage } from './coverage.js';
import { lastLine, lastLines } from './file-tail.js';
import { HourFiles, type SizedFile } from './hour-files.js';
import type { TopicLog } from './topic-log.js';

const GAPS_MAX = 100;
const FILES_MAX = 100;
/** Of the last message. */
const TEXT_BYTES_MAX = 64 * 1024;
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
/** A file that was opened and not yet written to says nothing: then those before it are asked. */
const FILES_ASKED_MAX = 3;
/** The end of the ledger in which seals are looked for: those of 800 files, where nothing else comes between. */
const SEALS_BYTES_MAX = 256 * 1024;

export interface DetailsTools {
  readonly output_dir: string;
  readonly coverage: LedgerCoverage;
  readonly log: TopicLog;
  now(): number;
}

export class Details {
  readonly #tools: DetailsTools;
  readonly #files: HourFiles;

  constructor(tools: DetailsTools) {
    this.#tools = tools;
    this.#files = new HourFiles(tools.output_dir, tools.now);
  }

  /** Throws the system's error where something that is there cannot be read. */
  async of(name: string): Promise<Omit<TopicDetails, 'steps'>> {
    const { coverage, log, now } = this.#tools;
    const [{ life, declared }, { files, file_count }, seals] = await Promise.all([
      coverage.lifeOf(name),
      this.#files.newest(name, FILES_MAX),
      this.#seals(name),
    ]);
    const gaps = life.open_gap === null ? declared : [...declared, life.open_gap];
    return {
      name,
      at_ms: now(),
      gaps: newestFirst(gaps).slice(0, GAPS_MAX).map(pageGap),
      gap_count: gaps.length,
      files: files.map((file) => pageFile(file, seals.get(file.name))),
      file_count,
      last_message: await this.#lastMessage(files),
      log: log.of(name),
    };
  }

  /** The last seal of each file that was sealed lately, by the file's name. */
  async #seals(name: string): Promise<ReadonlyMap<string, SealRecord>> {
    const lines = await lastLines(
      join(this.#tools.output_dir, `${encodeName(name)}.ledger`),
      SEALS_BYTES_MAX,
    ).catch(orWhereThereIsNone<string[]>([]));
    const seals = new Map<string, SealRecord>();
    for (const line of lines) {
      const record = parseLedgerLine(line);
      if (record?.kind === 'seal') seals.set(record.file, record);
    }
    return seals;
  }

  async #lastMessage(files: readonly SizedFile[]): Promise<TopicDetails['last_message']> {
    const plain = files.filter(({ name, found_name }) => name === found_name).slice(0, FILES_ASKED_MAX);
    for (const { name } of plain) {
      const path = join(this.#tools.output_dir, name);
      const last = await lastLine(path, TEXT_BYTES_MAX, MESSAGE_BYTES_MAX).catch(orWhereThereIsNone(null));
      if (last !== null) return last;
    }
    return null;
  }
}

function newestFirst(gaps: readonly Gap[]): Gap[] {
  return [...gaps].sort((a, b) => b.from_ms - a.from_ms);
}

/** What was appended after a seal is not sealed yet. */
function pageFile({ found_name, name, hour_start_s, bytes }: SizedFile, seal?: SealRecord): PageFile {
  const has_grown = found_name === name && seal?.bytes !== bytes;
  const messages = seal === undefined || has_grown ? null : seal.messages;
  return { file: found_name, hour_ms: hour_start_s * 1000, bytes, messages };
}

/** For a file that is not there (any more). */
function orWhereThereIsNone<T>(none: T): (error: unknown) => T {
  return (error) => {
    if (errorCode(error) === 'ENOENT') return none;
    throw error;
  };
}
