// The lines of a file, plain or gzipped, a chunk at a time: whatever the file's size, only a chunk of it and the
// beginning of an unfinished line are in memory.

import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const CHUNK_BYTES = 64 * 1024;
/** No message is that long: a file without newlines must not end up in memory. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface LineBatch {
  /** Without their newlines; never empty lines. */
  readonly lines: readonly Buffer[];
  /** The last of `lines` is the file's end, and no newline follows it. */
  readonly unfinished: boolean;
}

/** @throws when the file cannot be read or a line is too long; whoever reads it says which file. */
export async function* readLines(path: string): AsyncGenerator<LineBatch> {
  let pieces: Buffer[] = [];
  let pieces_bytes = 0;
  for await (const chunk of open(path)) {
    const lines: Buffer[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      const rest = chunk.subarray(start, end);
      const line = pieces.length === 0 ? rest : Buffer.concat([...pieces, rest]);
      if (line.length > 0) lines.push(line);
      pieces = [];
      pieces_bytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      pieces.push(chunk.subarray(start));
      pieces_bytes += chunk.length - start;
    }
    if (pieces_bytes > LINE_BYTES_MAX) {
      throw new Error(`it has a line of over ${LINE_BYTES_MAX} bytes, but messages are a line each`);
    }
    if (lines.length > 0) yield { lines, unfinished: false };
  }
  if (pieces_bytes > 0) yield { lines: [Buffer.concat(pieces)], unfinished: true };
}

function open(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (!path.endsWith('.gz')) return file as Readable & AsyncIterable<Buffer>;
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error of either ends both and is thrown to whoever iterates.
  pipeline(file, unpacked, () => {});
  return unpacked as Readable & AsyncIterable<Buffer>;
}
