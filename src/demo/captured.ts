// What one run captured: the bytes that were appended to a topic's files since the run began. Files of an earlier
// run in the same hour are appended to, so only what is new counts.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT_CANNOT_CREATE, ExitError, errorCode, errorMessage } from '../shared/errors.js';
import { encodeName } from '../shared/names.js';

/** Messages in their order: how many, how many bytes with their newlines, and a hash over all of it. */
export interface Stream {
  readonly messages: number;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

export interface Captured extends Stream {
  /** Paths of the files that grew, the oldest first. */
  readonly files: readonly string[];
}

/** For each file, where the new part will begin. */
export type Beginnings = ReadonlyMap<string, number>;

const NEWLINE = 0x0a;
const READ_BYTES = 64 * 1024;

/** The files of the topic that has this name, the oldest hour first; none in a folder that does not exist. */
async function hourFiles(output_dir: string, name: string): Promise<string[]> {
  const stem = `${encodeName(name)}_`;
  let names: string[];
  try {
    names = await readdir(output_dir);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new ExitError(EXIT_CANNOT_CREATE, [`${output_dir} cannot be read: ${errorMessage(error)}.`]);
  }
  const hours = names
    .filter((file) => file.startsWith(stem) && /^\d+\.jsonl$/.test(file.slice(stem.length)))
    .map((file) => ({ file, hour: Number.parseInt(file.slice(stem.length), 10) }));
  return hours.sort((a, b) => a.hour - b.hour).map(({ file }) => join(output_dir, file));
}

/**
 * To be called before the run: the ends of the files that there are.
 * @throws ExitError 73 when the folder cannot be read.
 */
export async function findBeginnings(output_dir: string, name: string): Promise<Beginnings> {
  const beginnings = new Map<string, number>();
  for (const path of await hourFiles(output_dir, name)) beginnings.set(path, await wholeLinesEnd(path));
  return beginnings;
}

/** Where the last whole line ends: a line torn by a crash is removed when the capture starts. */
async function wholeLinesEnd(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(READ_BYTES);
    let end = (await file.stat()).size;
    while (end > 0) {
      const start = Math.max(0, end - READ_BYTES);
      const { bytesRead } = await file.read(buffer, 0, end - start, start);
      const newline = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
      if (newline !== -1) return start + newline + 1;
      end = start;
    }
    return 0;
  } finally {
    await file.close();
  }
}

/** To be called after the run: what was appended since `beginnings` were found. */
export async function readCaptured(
  output_dir: string,
  name: string,
  beginnings: Beginnings,
): Promise<Captured> {
  const hash = createHash('sha256');
  const files: string[] = [];
  let messages = 0;
  let bytes = 0;
  for (const path of await hourFiles(output_dir, name)) {
    const bytes_before = bytes;
    for await (const chunk of createReadStream(path, { start: beginnings.get(path) ?? 0 })) {
      const block = chunk as Buffer;
      hash.update(block);
      bytes += block.length;
      for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, at + 1)) messages += 1;
    }
    if (bytes > bytes_before) files.push(path);
  }
  return { files, messages, bytes, sha256: hash.digest('hex') };
}
