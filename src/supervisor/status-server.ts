// The status socket: whoever connects gets the status document as one line of JSON, and is hung up on.
//
// It promises: mode 0600 from the first moment; one client's errors, silence or flood matter to nobody else; a
// socket that a live instance answers on is never taken; on closing, the socket file is removed if it is ours.

import { lstat, rename, rm, stat, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { EXIT_BUSY, EXIT_CANNOT_CREATE, ExitError, errorCode, errorMessage } from '../shared/errors.js';
import { answers } from '../shared/hold-socket.js';

const CLIENTS_MAX = 64;
/** A client that does not read is cut after this. */
const CLIENT_MS_MAX = 1_000;
/** A document is served to all who ask within this time. */
const DOCUMENT_MS = 100;
/** Who asks while there is no document yet is answered so soon after there is. */
const NO_DOCUMENT_MS = 20;

export class StatusServer {
  readonly #path: string;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #document: () => object | null;
  #ino = 0n;
  #line = '';
  #line_at = Number.NEGATIVE_INFINITY;

  private constructor(path: string, document: () => object | null) {
    this.#path = path;
    this.#document = document;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#serve(client));
    this.#server.maxConnections = CLIENTS_MAX;
    this.#server.on('error', () => {});
  }

  /**
   * Listens on `path`; `setUmask` is `process.umask`. While `document` gives null, who asks waits for it.
   * @throws ExitError 75 where a live instance answers, 73 where the socket cannot be made.
   */
  static async open(
    path: string,
    document: () => object | null,
    setUmask: (mask: number) => number,
  ): Promise<StatusServer> {
    const there = await lstat(path).catch(() => null);
    if (there !== null && !there.isSocket()) {
      throw new ExitError(EXIT_CANNOT_CREATE, [
        `${path} is there and is no socket. Move it away, or choose another "status_socket".`,
      ]);
    }
    if (there !== null && (await answers(path))) {
      throw new ExitError(EXIT_BUSY, [
        `Another instance answers on the status socket ${path}. Stop it, or choose another "status_socket" and another "output_dir".`,
      ]);
    }
    const server = new StatusServer(path, document);
    try {
      await server.#listen(setUmask);
    } catch (error) {
      throw new ExitError(EXIT_CANNOT_CREATE, [
        `The status socket ${path} cannot be made: ${errorMessage(error)}. Make its folder, or choose another "status_socket".`,
      ]);
    }
    return server;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    const there = await stat(this.#path, { bigint: true }).catch(() => null);
    const ours = there?.ino === this.#ino;
    // Closing a server removes its path, also when somebody else's socket lies there by now.
    if (!ours && there !== null) await rename(this.#path, `${this.#path}.keep`).catch(() => {});
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (!ours && there !== null) await rename(`${this.#path}.keep`, this.#path).catch(() => {});
    else await rm(this.#path, { force: true });
  }

  async #listen(setUmask: (mask: number) => number): Promise<void> {
    await unlink(this.#path).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
    });
    const listening = new Promise<void>((resolve, reject) => {
      this.#server.once('listening', resolve);
      this.#server.once('error', reject);
    });
    // The file is made inside this call, so it is never wider than 0600.
    const umask = setUmask(0o177);
    try {
      this.#server.listen(this.#path);
    } finally {
      setUmask(umask);
    }
    await listening;
    this.#ino = (await stat(this.#path, { bigint: true })).ino;
  }

  #serve(client: Socket): void {
    this.#clients.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => this.#clients.delete(client));
    setTimeout(() => client.destroy(), CLIENT_MS_MAX).unref();
    client.resume();
    this.#answer(client);
  }

  #answer(client: Socket): void {
    if (client.destroyed) return;
    const line = this.#freshLine();
    if (line === null) setTimeout(() => this.#answer(client), NO_DOCUMENT_MS).unref();
    else client.end(line, () => client.destroySoon());
  }

  #freshLine(): string | null {
    if (performance.now() - this.#line_at < DOCUMENT_MS) return this.#line;
    const document = this.#document();
    if (document === null) return null;
    this.#line = `${JSON.stringify(document)}\n`;
    this.#line_at = performance.now();
    return this.#line;
  }
}
