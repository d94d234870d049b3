// Opens a file to read it, and nothing that is no file: the output folder is anybody's who may write there. To open a
// pipe waits for its writer, in one of the four threads that Node reads with, and cannot be given up: whoever does so
// four times reads and logs nothing any more, and does not end.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Throws the system's error, and one of ours where `path` is a folder, a pipe or a device. */
export async function openRegular(path: string): Promise<FileHandle> {
  // A pipe is opened at once this way, whoever writes to it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const is_file = await file.stat().then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (is_file) return file;
  await file.close();
  throw new Error(`${path} is no regular file`);
}
