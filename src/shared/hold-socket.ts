// A lock that the kernel releases when its holder dies, however it dies: an abstract Unix socket, whose name
// can be bound by one process at a time. It works on Linux, within one network namespace: containers that share
// a folder but not their network do not see each other's locks.
//
// Other systems have no abstract names: there a socket file in the temporary folder takes its place, and a dead
// one (nobody answers) is replaced.

import { createHash } from 'node:crypto';
import { readdir, readFile, readlink, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from './errors.js';

export interface Holder {
  release(): Promise<void>;
}

/** The key of a lock on `what` in a folder: the same however the folder is named. Throws where there is none. */
export async function folderKey(folder: string, what: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `${dev}:${ino}:${what}`;
}

/** The key of the lock on writing a topic's files. */
export function topicKey(output_dir: string, name: string): Promise<string> {
  return folderKey(output_dir, `topic:${name}`);
}

/** Holds the name until it is released or this process ends; null when somebody else holds it. */
export async function holdName(key: string): Promise<Holder | null> {
  const path = socketPath(key);
  const server = (await listen(path)) ?? (await replaceDead(path));
  if (server === null) return null;
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** The process that holds the name; null when nobody does, or when it cannot be told (only Linux can). */
export async function findHolder(key: string): Promise<number | null> {
  const name = socketPath(key).replace('\0', '@');
  const lines = (await readFile('/proc/net/unix', 'utf8').catch(() => '')).split('\n');
  const inode = lines
    .find((line) => line.endsWith(` ${name}`))
    ?.trim()
    .split(/\s+/)[6];
  if (inode === undefined) return null;
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    if (await hasSocket(pid, inode)) return Number(pid);
  }
  return null;
}

async function hasSocket(pid: string, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  // A process may end, or belong to somebody else, while we look.
  for (const fd of await readdir(folder).catch(() => [])) {
    if ((await readlink(join(folder, fd)).catch(() => '')) === `socket:[${inode}]`) return true;
  }
  return false;
}

/** All of the address that the kernel has room for: versions of Node differ in how they fill up what is shorter. */
const ABSTRACT_NAME_LENGTH = 107;

function socketPath(key: string): string {
  const name = `websocket-streamer-${createHash('sha256').update(key).digest('hex')}`;
  if (platform() !== 'linux') return join(tmpdir(), `${name.slice(0, 60)}.lock`);
  return `\0${name.padEnd(ABSTRACT_NAME_LENGTH, '.')}`;
}

/** Null when the name is taken. */
function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((visitor) => visitor.destroy());
    server.once('error', (error) => {
      if (errorCode(error) === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ path, exclusive: true }, () => resolve(server));
  });
}

async function replaceDead(path: string): Promise<Server | null> {
  if (path.startsWith('\0') || (await answers(path))) return null;
  await unlink(path).catch(() => {});
  return listen(path);
}

/** Whether a live process listens on a socket file. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
