// The file system as the capture uses it: Node's own, narrowed to what is called, so that a test can put a
// disk in its place that is full, slow or broken.

import { open, readdir, stat } from 'node:fs/promises';

export interface DiskFile {
  /** Writes at the end of a file opened for appending; may write less than asked. */
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
  read(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stat(): Promise<{ size: number; ino: number }>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** `a+`: for reading and appending, made when it is not there. */
  open(path: string, flags: 'a+'): Promise<DiskFile>;
  readdir(path: string): Promise<string[]>;
  stat(path: string): Promise<{ ino: number }>;
}

export const realDisk: Disk = { open, readdir, stat };
