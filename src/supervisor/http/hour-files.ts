// The hour files of one topic, found in the output folder by their names, the newest first.
//
// A thousand topics of a month are 700,000 names, which take most of a second to go through: so that is done in
// pieces, what was found stands for a minute, and the file that an hour began with meanwhile is found by its name.

import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../shared/errors.js';
import { encodeName, hourFileName } from '../../shared/names.js';

const FRESH_MS = 60_000;
/** So many topics are remembered. */
const TOPICS_MAX = 16;
/** Names that are asked of the system, and looked at, in one go. */
const NAMES_AT_ONCE = 500;
const HOUR_S = 3_600;

export interface HourFile {
  /** As the ledger names it, without `.gz`. */
  readonly name: string;
  readonly found_name: string;
  readonly hour_start_s: number;
}

export interface SizedFile extends HourFile {
  /** On the disk. */
  readonly bytes: number;
}

export class HourFiles {
  readonly #output_dir: string;
  readonly #now: () => number;
  /** By the topic's name, the one that was listed last at the end. */
  readonly #listed = new Map<string, { readonly at_ms: number; readonly files: Promise<HourFile[]> }>();

  constructor(output_dir: string, now: () => number) {
    this.#output_dir = output_dir;
    this.#now = now;
  }

  /** The newest `count_max` that are there, and how many there are. Throws the system's error, but where there is no folder. */
  async newest(name: string, count_max: number): Promise<{ files: SizedFile[]; file_count: number }> {
    const listed = await this.#list(name);
    const present = await this.#present(name);
    const known = present === null || listed.some((file) => file.name === present.name);
    const all = known ? listed : [present, ...listed];
    const sized = await Promise.all(all.slice(0, count_max).map((file) => this.#sized(file)));
    const files = sized.filter((file) => file !== null);
    // Those that have gone since the folder was listed, and folders and pipes of such a name.
    const gone = sized.length - files.length;
    return { files, file_count: all.length - gone };
  }

  #list(name: string): Promise<HourFile[]> {
    const before = this.#listed.get(name);
    const now_ms = this.#now();
    if (before !== undefined && Math.abs(now_ms - before.at_ms) < FRESH_MS) return before.files;
    const files = this.#read(`${encodeName(name)}_`);
    this.#listed.delete(name);
    this.#listed.set(name, { at_ms: now_ms, files });
    files.catch(() => this.#listed.delete(name));
    const [oldest] = this.#listed.keys();
    if (this.#listed.size > TOPICS_MAX && oldest !== undefined) this.#listed.delete(oldest);
    return files;
  }

  async #read(prefix: string): Promise<HourFile[]> {
    const by_name = new Map<string, HourFile>();
    const folder = await opendir(this.#output_dir, { bufferSize: NAMES_AT_ONCE }).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    for await (const { name: found_name } of folder) {
      if (!found_name.startsWith(prefix)) continue;
      const [, digits = '', gz] = /^(\d+)\.jsonl(\.gz)?$/.exec(found_name.slice(prefix.length)) ?? [];
      if (digits === '') continue;
      const name = `${prefix}${digits}.jsonl`;
      // Where both lie there, the one that is not packed counts.
      if (gz !== undefined && by_name.has(name)) continue;
      by_name.set(name, { name, found_name, hour_start_s: Number(digits) });
    }
    return [...by_name.values()].sort((a, b) => b.hour_start_s - a.hour_start_s);
  }

  /** The file of the present hour, if it is there. */
  #present(name: string): Promise<SizedFile | null> {
    const hour_start_s = Math.floor(this.#now() / 1000 / HOUR_S) * HOUR_S;
    const file = hourFileName(encodeName(name), hour_start_s);
    return this.#sized({ name: file, found_name: file, hour_start_s });
  }

  /** Null: it is no longer there, or is something else than a file. */
  #sized(file: HourFile): Promise<SizedFile | null> {
    return stat(join(this.#output_dir, file.found_name)).then(
      (stats) => (stats.isFile() ? { ...file, bytes: stats.size } : null),
      () => null,
    );
  }
}
