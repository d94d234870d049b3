// What the PATHs of the command line mean: which files are read, and in what order.
//
// Files named as this program names them (`<name>_<start>.jsonl`) follow one another hour by hour, a stream for
// each name in each folder; all other files are one stream, in the order given. Streams are merged by the messages' times.

import { readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EXIT_USAGE, ExitError, errorCode, errorMessage } from '../shared/errors.js';
import { topicOf } from './line-head.js';
import { readLines } from './lines.js';

export interface PlannedFile {
  readonly path: string;
  /** Written by this program: an unfinished last line is a message that is being written, or a torn one. */
  readonly is_hour_file: boolean;
  /** No line has a topic: every subscriber gets all of it. */
  readonly is_without_topics: boolean;
}

/** Files to be read one after the other. */
export type PlannedStream = readonly PlannedFile[];

export interface Plan {
  readonly streams: readonly PlannedStream[];
  /** Those that the beginnings of the files hold, in their order: further on there may be more. */
  readonly topics: readonly string[];
}

const HOUR_FILE = /^(.+)_(\d{1,12})\.jsonl(\.gz)?$/;
/** Whether a file has topics, and which, is judged by its beginning. */
const PROBE_BYTES = 256 * 1024;

interface HourFile {
  readonly path: string;
  /** Folder and name: what the files of one stream have in common. */
  readonly stream: string;
  readonly start_s: number;
}

/** @throws ExitError with a sentence for each PATH that cannot be served. */
export async function planStreams(paths: readonly string[]): Promise<Plan> {
  const mistakes: string[] = [];
  const files = paths.flatMap((path) => {
    try {
      return filesOf(path);
    } catch (error) {
      mistakes.push(sentenceOf(path, error));
      return [];
    }
  });
  const probed = new Map<string, Probe>();
  for (const path of files) {
    try {
      probed.set(path, await probe(path));
    } catch (error) {
      mistakes.push(sentenceOf(path, error));
    }
  }
  if (mistakes.length > 0) throw new ExitError(EXIT_USAGE, mistakes);
  const with_lines = files.filter((path) => probed.get(path)?.is_empty === false);
  if (with_lines.length === 0) {
    throw new ExitError(EXIT_USAGE, [`${paths.join(', ')}: there is no line in it, so nothing to serve.`]);
  }
  const topicsOf = (path: string): string[] => [...(probed.get(path)?.topics ?? [])];
  const streams = arrange(with_lines).map((stream) =>
    stream.map((path) => ({
      path,
      is_hour_file: hourFile(path) !== null,
      is_without_topics: topicsOf(path).length === 0,
    })),
  );
  return { streams, topics: [...new Set(with_lines.flatMap(topicsOf))] };
}

/** A file itself, or the hour files of a folder. */
function filesOf(path: string): string[] {
  const stats: Stats = statSync(path);
  if (stats.isFile()) return [path];
  if (!stats.isDirectory()) throw new Error('it is neither a file nor a folder');
  const found = readdirSync(path)
    .map((entry) => join(path, entry))
    .filter((file) => hourFile(file) !== null);
  if (found.length === 0) throw new Error('the folder holds no file named NAME_START.jsonl');
  return found;
}

function hourFile(path: string): HourFile | null {
  const [, name, start] = HOUR_FILE.exec(basename(path)) ?? [];
  if (name === undefined || start === undefined || Number(start) % 3600 !== 0) return null;
  return { path, stream: join(dirname(path), name), start_s: Number(start) };
}

function arrange(files: readonly string[]): string[][] {
  const others: string[] = [];
  const by_stream = new Map<string, Map<number, string>>();
  for (const path of files) {
    const hour = hourFile(path);
    if (hour === null) {
      others.push(path);
      continue;
    }
    const hours = by_stream.get(hour.stream) ?? new Map<number, string>();
    by_stream.set(hour.stream, hours);
    // The same hour plain and gzipped: the plain one is whole, the other may be on its way.
    if (!hours.has(hour.start_s) || !path.endsWith('.gz')) hours.set(hour.start_s, path);
  }
  const streams = [...by_stream.values()].map((hours) =>
    [...hours].toSorted(([a], [b]) => a - b).map(([, path]) => path),
  );
  return others.length === 0 ? streams : [...streams, others];
}

interface Probe {
  readonly is_empty: boolean;
  readonly topics: ReadonlySet<string>;
}

async function probe(path: string): Promise<Probe> {
  const topics = new Set<string>();
  let bytes = 0;
  for await (const { lines } of readLines(path)) {
    for (const line of lines) {
      bytes += line.length;
      const topic = topicOf(line);
      if (topic !== null) topics.add(topic);
    }
    if (bytes > PROBE_BYTES) break;
  }
  return { is_empty: bytes === 0, topics };
}

function sentenceOf(path: string, error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return `${path} does not exist: name a file of messages or an output folder.`;
  }
  if (code === 'EACCES' || code === 'EPERM') return `${path} may not be read: check its permissions.`;
  return `${path} cannot be served: ${errorMessage(error)}.`;
}
