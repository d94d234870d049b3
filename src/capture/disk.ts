// The file system as the capture uses it: Node's own, narrowed to what is called, so that a test can put a
// disk in its place that is full, slow or broken.

import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { FolderPasses } from './folder-passes.js';

export interface DiskFile {
  /** May write less than asked. `position` is for a mark; other files are appended to. */
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position?: number | null,
  ): Promise<{ bytesWritten: number }>;
  read(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stat(): Promise<{ size: number; ino: number; mtimeMs: number; birthtimeMs: number }>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** `append`: for reading and appending. `read`: must be there. `mark`: for overwriting in place. */
export type OpenMode = 'append' | 'read' | 'mark';

export interface Disk {
  /** Makes the file when it is not there, unless it is only read. */
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** The hours, Unix seconds, that a topic has a file of. */
  hoursOf(folder: string, encoded_name: string): Promise<readonly number[]>;
  stat(path: string): Promise<{ ino: number; size: number; isFile(): boolean }>;
  /** Forces a folder's entries to the disk, so that a new file is found after a loss of power. */
  syncFolder(path: string): Promise<void>;
}

const FLAGS: Readonly<Record<OpenMode, string | number>> = {
  append: 'a+',
  read: 'r',
  mark: constants.O_RDWR | constants.O_CREAT,
};

const passes = new FolderPasses();

export const realDisk: Disk = {
  open: (path, mode) => open(path, FLAGS[mode], 0o644),
  hoursOf: (folder, encoded_name) => passes.hoursOf(folder, encoded_name),
  stat,
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};
