// Judges a topic: its ledger, each of its files in the order of their hours, the files that should be there and
// are not, and how much of the time its gaps leave.

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { coverageOf, lifeOf } from '../shared/coverage/life.js';
import { overlaps, type Window } from '../shared/coverage/window.js';
import { errorCode, errorMessage } from '../shared/errors.js';
import { findHolder, topicKey } from '../shared/hold-socket.js';
import { type Mark, readMark } from '../shared/mark.js';
import { isControlName } from '../shared/names.js';
import { judgeAbsent } from './absent.js';
import { readChunks } from './chunks.js';
import { measure } from './contents.js';
import { type Folder, type HourFile, hourOf, type TopicFolder } from './folder.js';
import { judgeFile } from './judge-file.js';
import { Ledger } from './ledger.js';
import type { Damage, Hole, Note, TopicReport } from './report.js';
import { countingPreset, SequenceFollower } from './sequences.js';

export interface Request {
  readonly window: Window;
  readonly with_sequences: boolean;
  /** The length of an hour: another one than an hour's only in tests. */
  readonly hour_ms: number;
  /** The present run of the machine; null where it cannot be told from another. */
  readonly boot_id: string | null;
  now(): number;
  /** Whether a process has a file open. */
  holdsOpen(pid: number, path: string): Promise<boolean>;
  /** So many bytes were read from the disk. */
  took(bytes: number): void;
}

/** A crash can leave so many files unsealed: the one that was written, and one that was about to be sealed. */
const OPEN_FILES_MAX = 2;

export async function judgeTopic(folder: Folder, topic: TopicFolder, request: Request): Promise<TopicReport> {
  return new TopicJudge(folder, topic, request).judge();
}

class TopicJudge {
  readonly #folder: Folder;
  readonly #topic: TopicFolder;
  readonly #request: Request;
  readonly #ledger: Ledger;
  readonly #damage: Damage[];
  readonly #notes: Note[];
  readonly #sums = { files: 0, messages: 0, bytes: 0, not_json: 0 };
  readonly #mark_path: string;
  #is_written = false;

  constructor(folder: Folder, topic: TopicFolder, request: Request) {
    this.#folder = folder;
    this.#topic = topic;
    this.#request = request;
    this.#damage = [...topic.damage];
    this.#notes = [...topic.notes];
    this.#mark_path = join(folder.dir, `${topic.encoded_name}.mark`);
    const prefix = `${topic.encoded_name}_`;
    const isOwnFile = (name: string) =>
      name.startsWith(prefix) && /^\d+\.jsonl$/.test(name.slice(prefix.length));
    this.#ledger = new Ledger(`${topic.encoded_name}.ledger`, isOwnFile);
  }

  async judge(): Promise<TopicReport> {
    const { window, boot_id, now, with_sequences } = this.#request;
    const ledger = this.#ledger;
    const mark = await readMark(this.#mark_path);
    // Asked before the ledger is read: a capture that stops after that is seen as it was.
    const was_written = await this.#isWritten(mark);
    const has_ledger = await this.#readLedger();
    // The number of a process that has stopped may be another one's by now: only the lock counts then.
    this.#is_written = ledger.life.has_stopped
      ? await this.#isLocked()
      : was_written || (await this.#isWritten(mark));
    this.#judgeLedger(has_ledger);
    const isAskedFor = (hour_start_ms: number) => this.#isAskedFor(hour_start_ms);
    const absent = await judgeAbsent(this.#folder, this.#topic, ledger, this.#request.hour_ms, isAskedFor);
    this.#damage.push(...absent.damage);
    const files = [...this.#topic.files, ...absent.appeared].sort(
      (a, b) => a.hour_start_ms - b.hour_start_ms,
    );
    const preset = with_sequences ? countingPreset(ledger.life.url) : null;
    const follower = preset === null ? null : new SequenceFollower(preset);
    const open = has_ledger ? this.#mayBeOpen(files) : new Set<HourFile>();
    for (const file of files) {
      if (!this.#isAskedFor(file.hour_start_ms)) continue;
      await this.#judgeFile(file, open.has(file), follower);
    }
    const circumstances = { mark, boot_id, is_written: this.#is_written, now_ms: now() };
    const coverage = coverageOf(lifeOf(ledger.life, circumstances), ledger.life.gaps, window);
    return {
      topic: this.#topic.name,
      is_written: this.#is_written,
      ...coverage,
      ...this.#sums,
      removed: absent.removed,
      damage: this.#damage,
      notes: this.#notes,
      holes: follower === null ? null : holesOf(follower),
    };
  }

  async #isWritten(mark: Mark | null): Promise<boolean> {
    const { boot_id, holdsOpen } = this.#request;
    if (await this.#isLocked()) return true;
    // The number may be another process's by now, so it must have the mark open.
    return mark !== null && mark.boot_id === boot_id && holdsOpen(mark.pid, this.#mark_path);
  }

  /** Whether a capture holds the topic's lock; false too where that cannot be told. */
  async #isLocked(): Promise<boolean> {
    return (await findHolder(await topicKey(this.#folder.dir, this.#topic.name))) !== null;
  }

  #isAskedFor(hour_start_ms: number): boolean {
    return overlaps(this.#request.window, hour_start_ms, hour_start_ms + this.#request.hour_ms - 1);
  }

  /** Whether there is one. */
  async #readLedger(): Promise<boolean> {
    if (!this.#topic.has_ledger) return false;
    try {
      await this.#ledger.read(join(this.#folder.dir, this.#ledger.file), this.#request.took);
      return true;
    } catch (error) {
      this.#unreadable(this.#ledger.file, error);
      return false;
    }
  }

  #unreadable(file: string, error: unknown): void {
    const sentence = `cannot be read: ${errorMessage(error)}`;
    this.#damage.push({ kind: 'unreadable', file, line: null, sentence });
  }

  #judgeLedger(has_ledger: boolean): void {
    const { file, lines, unfinished_bytes, life, damage } = this.#ledger;
    this.#damage.push(...damage);
    if (unfinished_bytes > 0 && !this.#is_written) {
      const sentence = `ends in a torn line of ${unfinished_bytes} bytes: the next start of the capture removes it`;
      this.#damage.push({ kind: 'torn', file, line: lines + 1, sentence });
    }
    // Messages of no topic are kept, and nothing is promised of them.
    if (has_ledger && life.standing.kind === 'never' && !isControlName(this.#topic.encoded_name)) {
      const sentence = 'the topic has never been live: nothing vouches for any time';
      this.#notes.push({ file, line: null, sentence });
    }
  }

  /** The files that may have lines which no seal covers: the newest, unless one of a later hour is sealed. */
  #mayBeOpen(files: readonly HourFile[]): ReadonlySet<HourFile> {
    let last_sealed_ms = Number.NEGATIVE_INFINITY;
    for (const name of this.#ledger.seals.keys()) {
      last_sealed_ms = Math.max(last_sealed_ms, hourOf(name, this.#request.hour_ms) ?? last_sealed_ms);
    }
    return new Set(
      files.slice(-OPEN_FILES_MAX).filter(({ hour_start_ms }) => hour_start_ms >= last_sealed_ms),
    );
  }

  async #judgeFile(file: HourFile, may_be_open: boolean, follower: SequenceFollower | null): Promise<void> {
    const seals = this.#ledger.seals.get(file.name) ?? [];
    const { found_name, path, is_packed } = file;
    try {
      const chunks = readChunks(path, is_packed, this.#request.took);
      const sizes = seals.map(({ seal }) => seal.bytes);
      const contents = await measure(chunks, sizes, follower?.openFile(found_name));
      this.#sums.files += 1;
      this.#sums.messages += contents.lines;
      this.#sums.bytes += contents.bytes;
      this.#sums.not_json += contents.not_json;
      const judged = () =>
        judgeFile({
          file: found_name,
          ledger_file: this.#ledger.file,
          seals,
          contents,
          may_be_open,
          is_written: this.#is_written,
        });
      let { damage, note } = judged();
      if (damage?.kind === 'torn' && (await this.#isLocked())) {
        // A capture has started since we asked.
        this.#is_written = true;
        ({ damage, note } = judged());
      }
      if (damage !== null) this.#damage.push(damage);
      if (note !== null) this.#notes.push(note);
    } catch (error) {
      await this.#failed(file, error);
    }
  }

  async #failed({ found_name, path }: HourFile, error: unknown): Promise<void> {
    const code = errorCode(error);
    if (code.startsWith('Z_')) {
      const sentence = `is no whole gzip file: ${errorMessage(error)}`;
      this.#damage.push({ kind: 'content', file: found_name, line: null, sentence });
    } else if (code === 'ENOENT' && !(await isThere(path))) {
      const sentence = 'was removed or packed while the folder was looked at';
      this.#notes.push({ file: found_name, line: null, sentence });
    } else this.#unreadable(found_name, error);
  }
}

/** A link that leads nowhere is there. */
function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function holesOf({ count, first }: SequenceFollower): { count: number; first: readonly Hole[] } {
  return { count, first };
}
