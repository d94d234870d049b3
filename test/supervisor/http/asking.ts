// An HTTP server of a test's own, and clients that speak to it byte by byte.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { type Handler, json, type Route } from '../../../src/supervisor/http/answer.js';
import { HttpServer, type HttpSettings, LIMITS, type Limits } from '../../../src/supervisor/http/server.js';

export const guarded = (answer: Handler): Route => ({ is_open: false, answer });

export const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/data', guarded((query) => json(200, { asked: [...query] }))],
  ['/', { is_open: true, answer: () => ({ status: 200, type: 'text/html; charset=utf-8', body: '<p>' }) }],
  [
    '/broken',
    guarded(() => {
      throw new Error('a secret');
    }),
  ],
  ['/large', guarded(() => ({ status: 200, type: 'text/plain', body: Buffer.alloc(20_000_000, 'x') }))],
]);

export interface Served {
  readonly server: HttpServer;
  readonly log: string[];
}

export async function serve(
  settings: Partial<HttpSettings> = {},
  routes: ReadonlyMap<string, Route> = ROUTES,
  limits: Partial<Limits> = {},
): Promise<Served> {
  const log: string[] = [];
  const server = await HttpServer.open(
    { http_port: 0, http_host: '127.0.0.1', http_token: null, ...settings },
    routes,
    (level, message) => log.push(`${level} ${message}`),
    { ...LIMITS, ...limits },
  );
  onTestFinished(() => server.close());
  return { server, log };
}

/** A connection that the test speaks on; it is gone when the test ends. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Resolves when the connection is closed, however that came. */
export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.on('close', () => resolve()));

/** All that the server says to `bytes` until it closes; with `and end`, nothing more will come from us. */
export async function say(port: number, bytes: string | Buffer, then?: 'and end'): Promise<string> {
  const socket = await dial(port);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const end = closed(socket);
  if (then === undefined) socket.write(bytes);
  else socket.end(bytes);
  await end;
  return Buffer.concat(chunks).toString('latin1');
}

/** The answer to one request with these header lines. */
export const get = (port: number, target: string, ...headers: readonly string[]): Promise<string> =>
  say(port, [`GET ${target} HTTP/1.1`, 'Connection: close', ...headers, '', ''].join('\r\n'));

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
export const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4);

/**
 * Whether the server holds a client's connection. A client that does not read cannot know: the end is behind what it has
 * not read. So the kernel is asked for the server's side of it.
 */
export async function holds(port: number, client: Socket): Promise<boolean> {
  const hex = (number = 0) => number.toString(16).toUpperCase().padStart(4, '0');
  const established = new RegExp(`:${hex(port)} [0-9A-F]+:${hex(client.localPort)} 01 `);
  return established.test(await readFile('/proc/net/tcp', 'latin1'));
}

/** Resolves when the server has let go of it. */
export async function letGo(port: number, client: Socket): Promise<void> {
  await expect.poll(() => holds(port, client), { interval: 10, timeout: 5_000 }).toBe(false);
}
