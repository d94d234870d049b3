// Whether a process has a file open: what tells a capture at work from another program that was given its number.

import { readdir, stat } from 'node:fs/promises';

/** False too where that cannot be seen: the process is another user's, or the system has no /proc. */
export async function holdsOpen(pid: number, path: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const wanted = await stat(path).catch(() => null);
  if (wanted === null) return false;
  for (const fd of await readdir(folder).catch(() => [])) {
    // A process may end, or close it, while we look.
    const found = await stat(`${folder}/${fd}`).catch(() => null);
    if (found?.ino === wanted.ino && found.dev === wanted.dev) return true;
  }
  return false;
}
