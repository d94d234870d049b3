// A real Unix socket that answers as a test tells it to, and a terminal that keeps what was written to it.

import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Key } from '../../src/status-cli/keyboard.js';
import type { Terminal } from '../../src/status-cli/terminal.js';
import type { TakenWindow, WindowEvents } from '../../src/status-cli/window.js';
import { testFolder } from '../testing/folder.js';

export interface StatusServer {
  readonly path: string;
  close(): Promise<void>;
}

/** Listens on `path`, or on a socket in a folder of the test's own. */
export async function statusServer(answer: (socket: Socket) => void, path?: string): Promise<StatusServer> {
  const socket_path = path ?? join(await testFolder(), 'status.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The client may go away at any moment: that is its right.
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    answer(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket_path, resolve);
  });
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { path: socket_path, close };
}

/** One that sends the document, a line of JSON, to each who connects. */
export function documentServer(document: unknown, path?: string): Promise<StatusServer> {
  return statusServer((socket) => socket.end(`${JSON.stringify(document)}\n`), path);
}

export class FakeTerminal implements Terminal {
  readonly env: Record<string, string | undefined> = {};
  cwd = '/';
  written: string[] = [];
  complaints: string[] = [];
  columns_rows: { columns: number; rows: number } | null = null;
  /** False once nobody reads. */
  read = true;
  has_keys = false;
  /** Where it was taken, and the keys and sizes go; null before and afterwards. */
  window: WindowEvents | null = null;
  /** Called after each write with what was written. */
  on_write: (text: string) => void = () => {};
  readonly #stop = new AbortController();

  get text(): string {
    return this.written.join('');
  }

  size(): { columns: number; rows: number } | null {
    return this.columns_rows;
  }

  async write(text: string | Uint8Array): Promise<boolean> {
    const string = typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
    if (!this.read) return false;
    this.written.push(string);
    this.on_write(string);
    return this.read;
  }

  complain(sentence: string): void {
    this.complaints.push(sentence);
  }

  takeWindow(events: WindowEvents): TakenWindow {
    this.window = events;
    const leave = () => {
      this.window = null;
    };
    return { has_keys: this.has_keys, leave };
  }

  /** Characters stand for themselves. */
  press(...keys: (Exclude<Key['name'], 'text'> | string)[]): void {
    for (const key of keys) {
      const name = key as Exclude<Key['name'], 'text'>;
      this.window?.key(key.length === 1 ? { name: 'text', text: key } : { name });
    }
  }

  stopSignal(): AbortSignal {
    return this.#stop.signal;
  }

  stop(): void {
    this.#stop.abort();
  }
}
