// A disk that misbehaves as it is told: writes that take only a part, errors in the place of a write, a sync
// or an open, and writes and syncs that hang until they are let go. Beneath it lies the real file system, so what a
// test reads back is what really was written.

import type { Disk, DiskFile, OpenMode } from '../../src/capture/disk.js';
import { realDisk } from '../../src/capture/disk.js';

/** What befalls the next write: so many bytes are taken, or the error of that code is thrown. */
export type Fault = { readonly take: number } | { readonly code: string };

export type FileKind = 'hour' | 'ledger' | 'mark';

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** Something that waits until the test lets it go. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function kindOf(path: string): FileKind {
  if (path.endsWith('.jsonl')) return 'hour';
  return path.endsWith('.mark') ? 'mark' : 'ledger';
}

export class FaultyDisk implements Disk {
  /** Used up one a write to an hour file; without any, writes succeed whole. */
  readonly write_faults: Fault[] = [];
  /** Used up one a write to a ledger. */
  readonly ledger_faults: Fault[] = [];
  /** Codes, used up one an open. */
  readonly open_faults: string[] = [];
  /** Codes, used up one a sync of an hour file, or of a ledger. */
  readonly sync_faults: string[] = [];
  readonly ledger_sync_faults: string[] = [];
  /** Files of these kinds take no byte, as on a full disk. */
  readonly full = new Set<FileKind>();
  /** While set, writes to hour files wait for it. */
  hold: Promise<void> | null = null;
  /** Used up one a sync of an hour file, which waits for it. */
  readonly sync_holds: Promise<void>[] = [];
  opens = 0;
  /** Writes to hour files. */
  writes = 0;
  /** Writes to ledgers, and how many handles of ledgers are open. */
  ledger_writes = 0;
  open_ledgers = 0;

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    this.opens += 1;
    const code = this.open_faults.shift();
    if (code !== undefined) throw diskError(code);
    return this.#wrap(await realDisk.open(path, mode), kindOf(path));
  }

  hoursOf(folder: string, encoded_name: string): Promise<readonly number[]> {
    return realDisk.hoursOf(folder, encoded_name);
  }

  stat(path: string): Promise<{ ino: number; size: number; isFile(): boolean }> {
    return realDisk.stat(path);
  }

  syncFolder(path: string): Promise<void> {
    return realDisk.syncFolder(path);
  }

  /** From now on writes to hour files hang, until what is returned is called. */
  holdWrites(): () => void {
    const { opened, open } = gate();
    this.hold = opened;
    return () => {
      this.hold = null;
      open();
    };
  }

  #wrap(file: DiskFile, kind: FileKind): DiskFile {
    if (kind === 'ledger') this.open_ledgers += 1;
    return {
      write: async (bytes, offset, length, position) => {
        if (kind === 'hour') this.writes += 1;
        if (kind === 'ledger') this.ledger_writes += 1;
        if (kind === 'hour' && this.hold !== null) await this.hold;
        if (this.full.has(kind)) throw diskError('ENOSPC');
        const fault = this.#nextFault(kind);
        if (fault !== undefined && 'code' in fault) throw diskError(fault.code);
        return file.write(
          bytes,
          offset,
          fault === undefined ? length : Math.min(length, fault.take),
          position,
        );
      },
      read: (bytes, offset, length, position) => file.read(bytes, offset, length, position),
      stat: () => file.stat(),
      truncate: (length) => file.truncate(length),
      datasync: async () => {
        if (kind === 'hour') await this.sync_holds.shift();
        const code = kind === 'hour' ? this.sync_faults.shift() : this.ledger_sync_faults.shift();
        if (code !== undefined) throw diskError(code);
        await file.datasync();
      },
      close: () => {
        if (kind === 'ledger') this.open_ledgers -= 1;
        return file.close();
      },
    };
  }

  #nextFault(kind: FileKind): Fault | undefined {
    if (kind === 'mark') return undefined;
    return kind === 'hour' ? this.write_faults.shift() : this.ledger_faults.shift();
  }
}
