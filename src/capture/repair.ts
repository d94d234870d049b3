// Removes the torn line that a crash left at the end of a file: the bytes after the last newline, which no
// reader could trust. They are handed to the caller before they are cut off, so a crash in between loses none.

import type { DiskFile } from './disk.js';

const NEWLINE = 0x0a;
const BLOCK_BYTES = 64 * 1024;

/**
 * Cuts `file` behind its last newline if it does not end with one.
 * @param keep stores the torn bytes; the file is cut only after it resolved.
 * @returns the file's size afterwards.
 */
export async function removeTornEnd(file: DiskFile, keep: (torn: Buffer) => Promise<void>): Promise<number> {
  const { size } = await file.stat();
  const whole = await endOfLastLine(file, size);
  if (whole === size) return size;
  await keep(await readRange(file, whole, size));
  await file.truncate(whole);
  await file.datasync();
  return whole;
}

/** The position behind the last newline, searched from the end. */
async function endOfLastLine(file: DiskFile, size: number): Promise<number> {
  for (let end = size; end > 0; end -= BLOCK_BYTES) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const at = (await readRange(file, start, end)).lastIndexOf(NEWLINE);
    if (at !== -1) return start + at + 1;
  }
  return 0;
}

async function readRange(file: DiskFile, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
