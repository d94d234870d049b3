// Reads a file of lines back from its end: what stands last in it is found without the rest.

import type { FileHandle } from 'node:fs/promises';
import { openRegular } from '../../shared/open-regular.js';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface LastLine {
  /** Its beginning, if it is long. */
  readonly text: string;
  /** Of the whole line, without its newline. */
  readonly bytes: number;
}

/**
 * The last line that is complete, of which at most `text_bytes_max` are told; null: there is none, or it is longer than
 * `line_bytes_max`. Throws the system's error.
 */
export async function lastLine(
  path: string,
  text_bytes_max: number,
  line_bytes_max: number,
): Promise<LastLine | null> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const end = await lastNewline(file, size, line_bytes_max);
    if (end === null) return null;
    const before = await lastNewline(file, end, line_bytes_max);
    if (before === null && end > line_bytes_max) return null;
    const start = before === null ? 0 : before + 1;
    const head = await readPart(file, start, Math.min(end - start, text_bytes_max));
    // As a stream, so that a character which the cut goes through is left out.
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(head, {
      stream: head.length < end - start,
    });
    return { text, bytes: end - start };
  } finally {
    await file.close();
  }
}

/** The lines with which a file ends, so far as they lie whole in its last `bytes_max`. Throws the system's error. */
export async function lastLines(path: string, bytes_max: number): Promise<string[]> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - bytes_max);
    const lines = (await readPart(file, start, size - start)).toString('utf8').split('\n');
    // What comes before the first newline may have begun earlier; what follows the last one is unfinished.
    return lines.slice(start === 0 ? 0 : 1, -1);
  } finally {
    await file.close();
  }
}

/** Where the last newline before `end` is; null: there is none in the `bytes_max` bytes before it. */
async function lastNewline(file: FileHandle, end: number, bytes_max: number): Promise<number | null> {
  const stop = Math.max(0, end - bytes_max - 1);
  for (let to = end; to > stop; ) {
    const from = Math.max(stop, to - CHUNK_BYTES);
    const at = (await readPart(file, from, to - from)).lastIndexOf(NEWLINE);
    if (at !== -1) return from + at;
    to = from;
  }
  return null;
}

async function readPart(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, start);
  return buffer.subarray(0, bytesRead);
}
