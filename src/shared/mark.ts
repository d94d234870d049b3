// The mark (`<name>.mark`): one JSON object, padded with spaces to a fixed size and overwritten in place, that says
// up to which instant a topic is vouched for. The capture writes it and reads it at its next start; `verify`
// judges by it.

import { readFile } from 'node:fs/promises';
import { openRegular } from './open-regular.js';

export interface Mark {
  /** The run of the machine it was written in; an empty string where the system tells none. */
  readonly boot_id: string;
  /** The writer. */
  readonly pid: number;
  /** Everything sent before this instant has been read and handed to the kernel. Unix milliseconds. */
  readonly until_ms: number;
  /** The same, and forced to the disk: what a loss of power leaves. */
  readonly synced_ms: number;
  /** When it was written, by the wall clock and by the steady one, which counts from the start of the machine. */
  readonly wall_ms: number;
  readonly steady_ms: number;
}

/** The size of the file. What is longer is no mark. */
export const MARK_BYTES = 192;

/** Null: there is none, or none that can be read as one. */
export async function readMark(path: string): Promise<Mark | null> {
  try {
    const mark = JSON.parse(await readText(path)) as Mark;
    const { pid, until_ms, synced_ms, wall_ms, steady_ms } = mark;
    const is_whole = [pid, until_ms, synced_ms, wall_ms, steady_ms].every(
      (value) => Number.isSafeInteger(value) && value >= 0,
    );
    return is_whole && typeof mark.boot_id === 'string' ? mark : null;
  } catch {
    return null;
  }
}

/** No more than shows that it is too long: whatever lies there may have any length. */
async function readText(path: string): Promise<string> {
  const file = await openRegular(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MARK_BYTES + 1), 0, MARK_BYTES + 1, 0);
    return bytesRead > MARK_BYTES ? '' : buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The id that Linux gives to each run of the machine; null elsewhere. */
export async function readBootId(): Promise<string | null> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}
