// Everything behind `http_port`: the server, its routes, and what is kept for the page. It is loaded only where there is
// an HTTP server, and none of its mistakes reaches whoever calls it once it is open.

import type { Settings } from '../../shared/settings.js';
import type { Log } from '../log.js';
import type { Noted } from '../process-runner.js';
import type { Supervisor } from '../supervisor.js';
import type { Handler, Route } from './answer.js';
import { readAssets } from './assets.js';
import { LedgerCoverage } from './coverage.js';
import { Details } from './details.js';
import { DiskSpace, freeBytes } from './disk-space.js';
import { EventStream } from './events.js';
import { GapsToday } from './gaps-today.js';
import { type Counted, History } from './history.js';
import { renderMetrics } from './metrics.js';
import { coverage, health, metrics, topic, wholeStatus } from './routes.js';
import { HttpServer, type HttpSettings } from './server.js';
import { TopicLog } from './topic-log.js';

/** The page as it is built. */
const PAGE = new URL('../../page/', import.meta.url);

export interface Http {
  readonly port: number;
  /** A line of the log that is about topics. */
  readonly note: Noted;
  /** Once a second. */
  tick(): void;
  close(): Promise<void>;
}

export type Supervised = Pick<
  Supervisor,
  'status' | 'accounts' | 'total_bytes' | 'isCaptured' | 'processes' | 'writeLatencies' | 'takeLongestWrites'
>;

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
  const names = () => [...supervisor.accounts.keys()];
  const isWritten = (name: string) => supervisor.isCaptured(name);
  const ledgers = new LedgerCoverage({ output_dir, now: Date.now, isWritten });
  const gaps = new GapsToday(
    () => ledgers.gapsToday(names()),
    () => performance.now(),
  );
  const topic_log = new TopicLog();
  const details = new Details({ output_dir, coverage: ledgers, log: topic_log, now: Date.now });
  const detailsOf = async (name: string) =>
    supervisor.accounts.has(name) ? { ...(await details.of(name)), steps: history.steps(name) } : null;
  const rest = () => ({ gaps_today: gaps.count, ...disk.tell(performance.now()) });
  const events = new EventStream({ output_dir, status, rest, history });
  const { routes: assets, missing } = await readAssets(page);
  const guarded = (answer: Handler): Route => ({ is_open: false, answer });
  const routes = new Map([
    ...assets,
    ['/healthz', guarded(health(status))],
    ['/status', guarded(wholeStatus(status))],
    ['/metrics', guarded(metrics(() => figuresOf(supervisor)))],
    ['/events', guarded(events.answer)],
    ['/topic', guarded(topic(detailsOf))],
    [
      '/coverage',
      guarded(
        coverage(
          () => supervisor.accounts,
          (query) => ledgers.of(query.names, query),
        ),
      ),
    ],
  ]);
  const server = await HttpServer.open(settings, routes, log);
  log('info', `HTTP at ${server.url}${settings.http_token === null ? '' : ', with the token'}`);
  if (missing.length > 0) {
    log('warn', `HTTP: the page is missing in this installation (${missing.join(', ')}); the rest is served`);
  }
  return {
    port: server.port,
    note: topic_log.note,
    tick() {
      try {
        const now = performance.now();
        disk.note(now, supervisor.total_bytes);
        const stepped = history.tick(now, Date.now(), () => countsOf(supervisor));
        if (stepped) topic_log.keep(names());
        events.tick(stepped);
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

const figuresOf = (supervisor: Supervised) =>
  renderMetrics(supervisor.status(), supervisor.processes(), supervisor.writeLatencies());

function countsOf(supervisor: Supervised): ReadonlyMap<string, Counted> {
  const latencies = supervisor.writeLatencies();
  const longest = supervisor.takeLongestWrites();
  const counts = [...supervisor.accounts].map(([name, { messages }]): [string, Counted] => {
    const { counts = [], sum_ms = 0 } = latencies.get(name) ?? {};
    const count = counts.reduce((total, each) => total + each, 0);
    return [name, { messages, writes: { count, sum_ms, longest_ms: longest.get(name) ?? 0 } }];
  });
  return new Map(counts);
}
