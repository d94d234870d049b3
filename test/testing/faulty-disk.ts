// A disk that misbehaves as it is told: writes that take only a part, errors in the place of a write, a sync
// or an open, and writes that hang until they are let go. Beneath it lies the real file system, so what a
// test reads back is what really was written.

import type { Disk, DiskFile, OpenMode } from '../../src/capture/disk.js';
import { realDisk } from '../../src/capture/disk.js';

/** What befalls the next write: so many bytes are taken, or the error of that code is thrown. */
export type Fault = { readonly take: number } | { readonly code: string };

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export class FaultyDisk implements Disk {
  /** Used up one a write to an hour file; without any, writes succeed whole. */
  readonly write_faults: Fault[] = [];
  /** Used up one an open. */
  readonly open_faults: string[] = [];
  /** While set, writes wait for it. */
  hold: Promise<void> | null = null;
  writes = 0;

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const code = this.open_faults.shift();
    if (code !== undefined) throw diskError(code);
    const file = await realDisk.open(path, mode);
    return path.endsWith('.jsonl') ? this.#wrap(file) : file;
  }

  readdir(path: string): Promise<string[]> {
    return realDisk.readdir(path);
  }

  stat(path: string): Promise<{ ino: number; size: number; isFile(): boolean }> {
    return realDisk.stat(path);
  }

  syncFolder(path: string): Promise<void> {
    return realDisk.syncFolder(path);
  }

  #wrap(file: DiskFile): DiskFile {
    return {
      write: async (bytes, offset, length) => {
        this.writes += 1;
        if (this.hold !== null) await this.hold;
        const fault = this.write_faults.shift();
        if (fault !== undefined && 'code' in fault) throw diskError(fault.code);
        return file.write(bytes, offset, fault === undefined ? length : Math.min(length, fault.take));
      },
      read: (bytes, offset, length, position) => file.read(bytes, offset, length, position),
      stat: () => file.stat(),
      truncate: (length) => file.truncate(length),
      datasync: () => file.datasync(),
      close: () => file.close(),
    };
  }
}
