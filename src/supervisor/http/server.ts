// The HTTP server: answers GET and HEAD on a fixed list of paths, from routes that it is given.
//
// It promises: a request that is slow, too large, has a body or asks for anything else is refused or cut; so is a reader
// that does not read; there are at most 64 connections, with one request at a time each, so what is held for them is
// bounded. A mistake in a route is an answer of 500 and a line in the log, one a second at most; nothing is thrown.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { EXIT_CANNOT_CREATE, ExitError, errorCode, errorMessage } from '../../shared/errors.js';
import type { Log } from '../log.js';
import { type Answer, type Route, refusal, type Stream, send } from './answer.js';
import { isOwnHost, showsToken } from './gate.js';

/** In milliseconds. Others than these only in tests. */
export interface Limits {
  /** From the connection, or the end of the last request, to the end of the headers. */
  readonly headers_ms_max: number;
  readonly keep_alive_ms_max: number;
  /** Without a byte to or fro. */
  readonly idle_ms_max: number;
  /** Until the reader has an answer whole, where it is none that goes on. */
  readonly answer_ms_max: number;
  readonly check_ms: number;
}

export const LIMITS: Limits = {
  headers_ms_max: 5_000,
  keep_alive_ms_max: 5_000,
  idle_ms_max: 30_000,
  answer_ms_max: 60_000,
  check_ms: 1_000,
};

const CONNECTIONS_MAX = 64;
/** All of a request but a body; enough for the names of 200 topics of the usual length in its path. */
const REQUEST_BYTES_MAX = 32 * 1024;
const ERROR_LOG_MS = 1_000;

export interface HttpSettings {
  readonly http_port: number;
  readonly http_host: string;
  readonly http_token: string | null;
}

export class HttpServer {
  readonly #settings: HttpSettings;
  /** By path. */
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #log: Log;
  readonly #limits: Limits;
  readonly #server: Server;
  /** Those with a request that is not answered yet. */
  readonly #busy = new Set<Socket>();
  /** Answers that are being made, also for those who went away. */
  #making = 0;
  #port = 0;
  #error_logged_at = Number.NEGATIVE_INFINITY;

  private constructor(settings: HttpSettings, routes: ReadonlyMap<string, Route>, log: Log, limits: Limits) {
    this.#settings = settings;
    this.#routes = routes;
    this.#log = log;
    this.#limits = limits;
    const take = (request: IncomingMessage, response: ServerResponse) => this.#take(request, response);
    const options = {
      maxHeaderSize: REQUEST_BYTES_MAX,
      headersTimeout: limits.headers_ms_max,
      requestTimeout: limits.headers_ms_max,
      keepAliveTimeout: limits.keep_alive_ms_max,
      connectionsCheckingInterval: limits.check_ms,
    };
    this.#server = createServer(options, take);
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.timeout = limits.idle_ms_max;
    // It would be told to go on with a body, by default.
    this.#server.on('checkContinue', take);
  }

  /** @throws ExitError 73 where it cannot listen there. */
  static async open(
    settings: HttpSettings,
    routes: ReadonlyMap<string, Route>,
    log: Log,
    limits: Limits = LIMITS,
  ): Promise<HttpServer> {
    const server = new HttpServer(settings, routes, log, limits);
    try {
      await server.#listen();
    } catch (error) {
      throw new ExitError(EXIT_CANNOT_CREATE, [cannotListen(settings, error)]);
    }
    return server;
  }

  /** The one it was given, or found. */
  get port(): number {
    return this.#port;
  }

  /** Where a browser finds it. */
  get url(): string {
    const { http_host } = this.#settings;
    return `http://${http_host.includes(':') ? `[${http_host}]` : http_host}:${this.port}/`;
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Logs what went wrong in `doing`; at most once a second. */
  tellError(doing: string, error: unknown): void {
    if (performance.now() - this.#error_logged_at < ERROR_LOG_MS) return;
    this.#error_logged_at = performance.now();
    this.#log('error', `HTTP: ${doing} failed: ${errorMessage(error)}`);
  }

  async #listen(): Promise<void> {
    const { http_port, http_host } = this.#settings;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port: http_port, host: http_host }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#server.on('error', (error) => this.tellError('listening', error));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    // Several requests at once would each hold an answer for a reader that may read none.
    if (this.#busy.has(socket)) {
      socket.destroy();
      return;
    }
    this.#busy.add(socket);
    const timer = setTimeout(() => socket.destroy(), this.#limits.answer_ms_max);
    response.on('error', () => {});
    response.on('close', () => {
      clearTimeout(timer);
      this.#busy.delete(socket);
    });
    void this.#answer(request, response).then((is_stream) => {
      if (is_stream) clearTimeout(timer);
    });
  }

  /** @returns whether the answer goes on. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { path, query } = targetOf(request.url ?? '');
    try {
      const answer = this.#refuse(request, path) ?? (await this.#make(path, query));
      if (response.destroyed) return false;
      send(response, answer, request.method === 'HEAD');
      return 'follow' in answer && request.method !== 'HEAD';
    } catch (error) {
      this.tellError(`the answer to ${path}`, error);
      if (response.headersSent) request.socket.destroy();
      else send(response, refusal(500, 'This failed; the log says why.'), request.method === 'HEAD');
      return false;
    }
  }

  async #make(path: string, query: URLSearchParams): Promise<Answer | Stream> {
    const route = this.#routes.get(path);
    if (route === undefined) return refusal(404, 'There is nothing at this path.');
    if (this.#making >= CONNECTIONS_MAX) return refusal(503, 'Too much is asked at once: ask again later.');
    this.#making += 1;
    try {
      return await route.answer(query);
    } finally {
      this.#making -= 1;
    }
  }

  /** Null where the request may be answered. */
  #refuse({ method, headers }: IncomingMessage, path: string): Answer | null {
    const { http_host, http_token } = this.#settings;
    const last = { Connection: 'close' };
    if (method !== 'GET' && method !== 'HEAD') {
      return refusal(405, 'Only GET and HEAD are answered.', { ...last, Allow: 'GET, HEAD' });
    }
    if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
      return refusal(413, 'A request has no body here.', last);
    }
    if (http_token === null) {
      if (isOwnHost(headers.host, http_host)) return null;
      return refusal(403, 'Without "http_token" this server is asked by an IP address or as localhost.');
    }
    if (this.#routes.get(path)?.is_open === true || showsToken(headers.authorization, http_token))
      return null;
    const ask = { 'WWW-Authenticate': 'Bearer realm="streamer"' };
    return refusal(401, 'This needs the token: send "Authorization: Bearer" and the "http_token".', ask);
  }
}

/** A path is a name and nothing else: no part of it is decoded or resolved. */
function targetOf(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  return { path, query: new URLSearchParams(query) };
}

function cannotListen({ http_port, http_host }: HttpSettings, error: unknown): string {
  const there = `The HTTP server cannot listen on ${http_host}, port ${http_port}`;
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return `${there}: another program does. Choose another "http_port" (0: any free one).`;
    case 'EACCES':
      return `${there}: this user may not. Choose an "http_port" from 1024 on.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${there}: that is no address of this machine. Choose another "http_host".`;
    default:
      return `${there}: ${errorMessage(error)}. Choose another "http_port" or "http_host".`;
  }
}
