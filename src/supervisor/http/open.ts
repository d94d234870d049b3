// Everything behind `http_port`: the server, its routes, and what is kept for the page. It is loaded only where there is
// an HTTP server, and none of its mistakes reaches whoever calls it once it is open.

import type { Settings } from '../../shared/settings.js';
import type { Log } from '../log.js';
import type { Supervisor } from '../supervisor.js';
import type { TopicAccount } from '../topic-account.js';
import type { Handler, Route } from './answer.js';
import { readAssets } from './assets.js';
import { DiskSpace, freeBytes } from './disk-space.js';
import { EventStream } from './events.js';
import { type Counted, History } from './history.js';
import { health, wholeStatus } from './routes.js';
import { HttpServer, type HttpSettings } from './server.js';

/** The page as it is built. */
const PAGE = new URL('../../page/', import.meta.url);

export interface Http {
  readonly port: number;
  /** Once a second. */
  tick(): void;
  close(): Promise<void>;
}

export type Supervised = Pick<Supervisor, 'status' | 'accounts' | 'total_bytes'>;

/** @throws ExitError 73 where it cannot listen there. */
export async function openHttp(
  settings: HttpSettings & Pick<Settings, 'output_dir'>,
  supervisor: Supervised,
  log: Log,
  page: URL = PAGE,
): Promise<Http> {
  const { output_dir } = settings;
  const status = () => supervisor.status();
  const history = new History(performance.now());
  const disk = new DiskSpace(() => freeBytes(output_dir));
  const rest = () => ({ gaps_today: null, ...disk.tell(performance.now()) });
  const events = new EventStream({ output_dir, status, rest, history });
  const { routes: assets, missing } = await readAssets(page);
  const guarded = (answer: Handler): Route => ({ is_open: false, answer });
  const routes = new Map([
    ...assets,
    ['/healthz', guarded(health(status))],
    ['/status', guarded(wholeStatus(status))],
    ['/events', guarded(events.answer)],
  ]);
  const server = await HttpServer.open(settings, routes, log);
  log('info', `HTTP at ${server.url}${settings.http_token === null ? '' : ', with the token'}`);
  if (missing.length > 0) {
    log('warn', `HTTP: the page is missing in this installation (${missing.join(', ')}); the rest is served`);
  }
  const counts = () => new Map([...supervisor.accounts].map(([name, account]) => [name, countedOf(account)]));
  return {
    port: server.port,
    tick() {
      try {
        const now = performance.now();
        disk.note(now, supervisor.total_bytes);
        events.tick(history.tick(now, Date.now(), counts));
      } catch (error) {
        server.tellError('the tick', error);
      }
    },
    async close() {
      events.close();
      await server.close();
    },
  };
}

function countedOf({ messages }: TopicAccount): Counted {
  return { messages, writes: null };
}
