// What lies in an output folder, sorted by topic, from the names alone. Judged is what this program writes:
// hour files (`<name>_<start>.jsonl`, gzipped or not), ledgers and marks. Whatever else lies there, a log or a
// folder, is somebody else's and is passed over.

import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeName, HOUR_FILE } from '../shared/names.js';
import type { Damage, Note } from './report.js';

export interface HourFile {
  /** As the ledger names it, without `.gz`. */
  readonly name: string;
  /** As it lies there. */
  readonly found_name: string;
  readonly path: string;
  readonly hour_start_ms: number;
  readonly is_packed: boolean;
  /** On the disk. */
  readonly size: number;
}

export interface TopicFolder {
  /** Decoded, for people. */
  readonly name: string;
  readonly encoded_name: string;
  readonly has_ledger: boolean;
  /** By hour. */
  readonly files: HourFile[];
  /** What the names alone tell. */
  readonly damage: Damage[];
  readonly notes: Note[];
}

export interface Folder {
  readonly dir: string;
  /** Everything that lies there, ours or not. */
  readonly names: ReadonlySet<string>;
  /** By name. */
  readonly topics: readonly TopicFolder[];
}

const OWN_FILE = /^(.+?)\.(jsonl|jsonl\.gz|ledger|mark)$/;

/** Whether a file of that name is taken for one of a topic's. */
export const isOwnFile = (name: string): boolean => OWN_FILE.test(name);

/** The start of the hour that a file's name tells; null: it is not on the hour. */
export function hourOf(name: string, hour_ms: number): number | null {
  const digits = HOUR_FILE.exec(name)?.[2];
  if (digits === undefined) return null;
  const start_ms = Number(digits) * 1000;
  const is_on_the_hour = Number.isSafeInteger(start_ms) && start_ms % hour_ms === 0;
  return is_on_the_hour && String(start_ms / 1000) === digits ? start_ms : null;
}

/** Throws the system's error when the folder cannot be read. */
export async function readFolder(dir: string, hour_ms: number): Promise<Folder> {
  const names = (await readdir(dir)).sort();
  const known = new Set(names);
  const topics = new Map<string, TopicFolder>();
  const found = await Promise.all(
    names.filter(isOwnFile).map(async (name) => ({ name, stats: await look(dir, name) })),
  );
  for (const { name, stats } of found) {
    const encoded_name = HOUR_FILE.exec(name)?.[1] ?? OWN_FILE.exec(name)?.[1] ?? name;
    const topic = topics.get(encoded_name) ?? newTopic(encoded_name, known.has(`${encoded_name}.ledger`));
    topics.set(encoded_name, topic);
    if (name.endsWith('.jsonl') || name.endsWith('.gz')) place(topic, dir, name, stats, known, hour_ms);
  }
  for (const { files } of topics.values()) files.sort((a, b) => a.hour_start_ms - b.hour_start_ms);
  return { dir, names: known, topics: [...topics.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** Null where there is nothing (any more) under that name, or no way to see it. */
function look(dir: string, name: string): Promise<Stats | null> {
  return stat(join(dir, name)).catch(() => null);
}

function newTopic(encoded_name: string, has_ledger: boolean): TopicFolder {
  return { name: decodeName(encoded_name), encoded_name, has_ledger, files: [], damage: [], notes: [] };
}

/** What `encodeName` made it of, or the text itself where it cannot have been made by it. */
function decodeName(encoded_name: string): string {
  try {
    const name = decodeURIComponent(encoded_name);
    return encodeName(name) === encoded_name ? name : encoded_name;
  } catch {
    return encoded_name;
  }
}

function place(
  topic: TopicFolder,
  dir: string,
  found_name: string,
  stats: Stats | null,
  known: ReadonlySet<string>,
  hour_ms: number,
): void {
  const is_packed = found_name.endsWith('.gz');
  const name = is_packed ? found_name.slice(0, -'.gz'.length) : found_name;
  const hour_start_ms = hourOf(name, hour_ms);
  if (hour_start_ms === null) {
    const sentence = `its name is off the hour: <name>_<start>.jsonl is wanted, with a start that is a multiple of ${hour_ms / 1000}`;
    topic.damage.push({ kind: 'name', file: found_name, line: null, sentence });
  } else if (is_packed && known.has(name)) {
    const sentence = `was not looked at: ${name} lies beside it`;
    topic.notes.push({ file: found_name, line: null, sentence });
  } else if (stats !== null && !stats.isFile()) {
    topic.damage.push({ kind: 'unreadable', file: found_name, line: null, sentence: 'is no regular file' });
  } else {
    const path = join(dir, found_name);
    topic.files.push({ name, found_name, path, hour_start_ms, is_packed, size: stats?.size ?? 0 });
  }
}
