// The bytes of a file, plain or gzipped, a chunk at a time: whatever the file's size, only a chunk is in memory.

import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { openRegular } from '../shared/open-regular.js';

const CHUNK_BYTES = 256 * 1024;

/**
 * The file as long as it is now: what is appended meanwhile is not read. Each chunk holds until the next one is
 * asked for. `took` is told of the bytes that were read from the disk. Throws the system's or zlib's error.
 */
export function readChunks(
  path: string,
  is_packed: boolean,
  took: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  return is_packed ? unpack(path, took) : readPlain(path, took);
}

async function* readPlain(path: string, took: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK_BYTES, size - at), at);
      if (bytesRead === 0) return;
      at += bytesRead;
      took(bytesRead);
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* unpack(path: string, took: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = (await openRegular(path)).createReadStream({ highWaterMark: CHUNK_BYTES });
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error of either ends both and is thrown to whoever iterates.
  pipeline(file, unpacked, () => {});
  let taken = 0;
  for await (const chunk of unpacked) {
    took(file.bytesRead - taken);
    taken = file.bytesRead;
    yield chunk;
  }
}
