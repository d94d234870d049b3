// Stands in for the supervisor's HTTP server: sends the built page with the same content security policy, and a
// made-up capture. The test says when something happens.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PageEvents, TickEvent } from '../../src/shared/page-data.js';
import type { PageWorld } from './page-world.js';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ASSETS: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/app.css': ['app.css', 'text/css; charset=utf-8'],
};

export const pageFile = (name: string): URL => new URL(`../../dist/page/${name}`, import.meta.url);

export class PageServer {
  /** What was asked for, with its query. */
  readonly asked: string[] = [];
  /** Null: nobody needs one. */
  token: string | null = null;
  /** Coverage is told when this resolves. */
  before_coverage: Promise<void> = Promise.resolve();
  /** It says nothing more, and closes nothing, as a supervisor that hangs. */
  is_hung = false;
  private server: Server | null = null;
  private last_tick: TickEvent | null = null;
  private beat: ReturnType<typeof setInterval> | undefined;
  private readonly listeners = new Set<ServerResponse>();
  private port = 0;

  constructor(public world: PageWorld) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  get listening(): number {
    return this.listeners.size;
  }

  /** On the port that it had before. */
  async start(): Promise<void> {
    this.last_tick = null;
    // Each second, as the supervisor's.
    this.beat = setInterval(() => {
      if (!this.is_hung) this.send('tick', { ...(this.last_tick ?? this.world.tick([])), rows: [] });
    }, 1_000);
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** As when the supervisor dies. */
  async stop(): Promise<void> {
    const server = this.server;
    this.server = null;
    clearInterval(this.beat);
    if (server === null) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  /** To all that listen. */
  send<Name extends keyof PageEvents>(name: Name, data: PageEvents[Name]): void {
    if (name === 'tick') this.last_tick = data as TickEvent;
    const text = eventText(name, data);
    for (const listener of this.listeners) listener.write(text);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.asked.push(url.pathname + url.search);
    const asset = ASSETS[url.pathname];
    if (asset !== undefined) {
      const headers = { 'content-type': asset[1], 'content-security-policy': POLICY };
      response.writeHead(200, headers).end(await readFile(pageFile(asset[0])));
      return;
    }
    if (this.token !== null && request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('no token');
      return;
    }
    if (url.pathname === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(
        eventText('topics', this.world.topics) + eventText('tick', this.world.tick(this.world.rows)),
      );
      this.listeners.add(response);
      response.once('close', () => this.listeners.delete(response));
      return;
    }
    const { searchParams } = url;
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (url.pathname === '/coverage') {
      await this.before_coverage;
      const from_ms = Number(searchParams.get('from'));
      const to_ms = Number(searchParams.get('to'));
      json(this.world.coverageIn(searchParams.getAll('name'), from_ms, to_ms));
      return;
    }
    const details = url.pathname === '/topic' ? this.world.details(searchParams.get('name') ?? '') : null;
    if (details !== null) json(details);
    else response.writeHead(404).end('There is no such topic.');
  }
}

function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
