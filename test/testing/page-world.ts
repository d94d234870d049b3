// A made-up capture for the tests of the page: topics, their rows, their coverage and details, as the supervisor's
// HTTP server would tell them. All of it follows from the number of topics; nothing is drawn by chance.

import { HOUR_MS } from '../../src/shared/coverage-cells.js';
import type {
  Coverage,
  PageGap,
  ReportPage,
  TickEvent,
  TopicCoverage,
  TopicDetails,
  TopicHead,
  TopicRow,
  TopicsEvent,
} from '../../src/shared/page-data.js';

const MIN_MS = 60_000;
/** A Tuesday afternoon. */
export const NOW_MS = Date.UTC(2026, 10, 24, 13, 30);
const STARTED_MS = NOW_MS - 40 * HOUR_MS;

const NAMES = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'DOGEUSDT', 'ADAUSDT', 'AVAXUSDT', 'LINKUSDT'];
const KINDS = ['publicTrade', 'orderbook.50', 'tickers'];

function headOf(i: number): TopicHead {
  const name = `${KINDS[Math.floor(i / NAMES.length) % KINDS.length]}.${NAMES[i % NAMES.length]}`;
  const topic = i < NAMES.length * KINDS.length ? name : `${name}.${i}`;
  return {
    topic,
    name: topic,
    ws_url: 'wss://stream.example.com/v5/public/linear',
    buffer_size: 100_000,
    silence_counts: true,
    steps: Array.from({ length: 90 }, (_, step) =>
      Math.round(60 + 40 * Math.sin((step + i * 7) / 9) + ((step * 31 + i * 17) % 23)),
    ),
  };
}

function rowOf(i: number): TopicRow {
  const row: TopicRow = {
    at: i,
    state: 'live',
    since_ms: STARTED_MS + 2_000,
    messages: 200_000 + i * 1_234,
    bytes: 80_000_000 + i * 4_567,
    rate_per_min: 605 - (i % 40) * 11,
    last_message_at_ms: NOW_MS - (i % 7) * 400,
    silent_since_ms: null,
    buffered: i % 5,
    dropped: 0,
    reconnects: i % 3,
    restarts: 0,
    gaps: i % 3,
    memory_bytes: 11_000_000,
    error: null,
    event_lag_ms: i % 4 === 3 ? null : 12 + i,
  };
  if (i === 3) {
    const error =
      'the server refused the subscription: Invalid symbol :[publicTrade.XRPUSDT]; tried again in 60 s';
    return {
      ...row,
      state: 'rejected',
      rate_per_min: 0,
      last_message_at_ms: null,
      error,
      event_lag_ms: null,
    };
  }
  if (i === 5)
    return {
      ...row,
      state: 'waiting',
      error: 'the connection was lost: <img src=x> ECONNRESET',
      restarts: 2,
      gaps: 4,
    };
  if (i === 6)
    return { ...row, silent_since_ms: NOW_MS - 8 * MIN_MS, last_message_at_ms: NOW_MS - 13 * MIN_MS };
  if (i === 7) return { ...row, dropped: 1_234, buffered: 71_000, gaps: 3 };
  return row;
}

const gap = (from_ms: number, length_ms: number, reason: PageGap['reason'], detail?: string): PageGap => ({
  from_ms,
  to_ms: from_ms + length_ms,
  reason,
  ...(detail === undefined ? {} : { detail }),
});

function coverageOf(head: TopicHead, i: number): TopicCoverage {
  const from_ms = NOW_MS - 20 * 24 * HOUR_MS - i * HOUR_MS;
  const gaps: PageGap[] = [];
  const add = (hours_ago: number, length_ms: number, reason: PageGap['reason'], detail?: string): void => {
    gaps.push(gap(NOW_MS - hours_ago * HOUR_MS, length_ms, reason, detail));
  };
  if (i === 2) return { name: head.name, from_ms: null, to_ms: null, gaps: [] };
  if (i % 5 === 0) add(400 - i, 2.5 * HOUR_MS, 'stopped');
  if (i % 4 === 1) add(77.2 + (i % 9), 7.5 * MIN_MS, 'disconnected', 'ECONNRESET');
  if (i % 4 === 1) add(30.6, 41 * MIN_MS, 'stale', 'no frame for 60 s');
  if (i % 6 === 1) add(9.3, 20_000, 'overflow');
  if (i === 1) add(54, 9 * HOUR_MS, 'crash');
  if (i === 1) gaps.push({ ...gap(NOW_MS - 2.2 * HOUR_MS, 0, 'oversize'), messages: 1 });
  if (i === 3) gaps.push({ from_ms: NOW_MS - 5.4 * HOUR_MS, to_ms: null, reason: 'rejected' });
  gaps.sort((a, b) => a.from_ms - b.from_ms);
  return { name: head.name, from_ms, to_ms: NOW_MS, gaps };
}

export interface PageWorld {
  readonly topics: TopicsEvent;
  readonly rows: TopicRow[];
  readonly coverage: readonly TopicCoverage[];
  tick(rows: readonly TopicRow[], change?: Partial<TickEvent>): TickEvent;
  /** As the server answers: the gaps that reach into the time. */
  coverageIn(names: readonly string[], from_ms: number, to_ms: number): Coverage;
  details(name: string): TopicDetails | null;
}

export const LAST_MESSAGE = {
  topic: 'publicTrade.BTCUSDT',
  type: 'snapshot',
  ts: 1795527000123,
  data: [
    { T: 1795527000121, s: 'BTCUSDT', S: 'Buy', v: '0.001', p: '98123.50', i: 'a1', BT: false },
    {
      T: 1795527000122,
      s: 'BTCUSDT',
      S: 'Sell',
      v: '0.250',
      p: '98123.40',
      i: '<img src=x onerror=alert(1)>',
      BT: null,
    },
  ],
};

export function pageWorld(count: number, last_message = JSON.stringify(LAST_MESSAGE)): PageWorld {
  const heads = Array.from({ length: count }, (_, i) => headOf(i));
  const rows = heads.map((_, i) => rowOf(i));
  const coverage = heads.map(coverageOf);
  const topics: TopicsEvent = {
    at_ms: NOW_MS,
    version: '0.1.0',
    pid: 4711,
    started_at_ms: STARTED_MS,
    output_dir: '/srv/capture/output',
    topics: heads,
  };
  const find = (name: string) => coverage.find((topic) => topic.name === name);
  return {
    topics,
    rows,
    coverage,
    tick: (changed, change = {}) => ({
      at_ms: NOW_MS,
      state: 'running',
      uptime_s: 40 * 3600,
      total_messages: rows.reduce((sum, row) => sum + row.messages, 0),
      total_bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
      rate_per_min: rows.reduce((sum, row) => sum + row.rate_per_min, 0),
      live_topics: rows.filter((row) => row.state === 'live').length,
      reloaded: null,
      gaps_today: 3,
      disk_free_bytes: 2e11,
      disk_lasts_s: 41.3 * 86_400,
      rows: changed,
      ...change,
    }),
    coverageIn: (names, from_ms, to_ms) => ({
      at_ms: NOW_MS,
      topics: names.map((name) => {
        const topic = find(name) ?? { name, from_ms: null, to_ms: null, gaps: [] };
        const reaches = (one: PageGap) => one.from_ms < to_ms && (one.to_ms ?? NOW_MS) >= from_ms;
        return { ...topic, gaps: topic.gaps.filter(reaches) };
      }),
    }),
    details: (name) => {
      const topic = find(name);
      const head = heads.find((one) => one.name === name);
      if (topic === undefined || head === undefined) return null;
      return {
        name,
        at_ms: NOW_MS,
        steps: {
          ended_at_ms: NOW_MS,
          messages: head.steps,
          write_ms_mean: head.steps.map((messages, i) => (i === 40 ? null : messages / 4)),
          write_ms_max: head.steps.map((messages, i) => (i === 40 ? null : messages + (i % 13) * 3)),
        },
        gaps: [...topic.gaps].reverse(),
        gap_count: topic.gaps.length,
        files: Array.from({ length: 30 }, (_, i) => {
          const hour_ms = Math.floor(NOW_MS / HOUR_MS - i) * HOUR_MS;
          const file = `${name}_${hour_ms / 1000}.jsonl${i > 20 ? '.gz' : ''}`;
          return { file, hour_ms, bytes: 8_000_000 - i * 12_345, messages: i === 0 ? null : 21_000 - i };
        }),
        file_count: 480,
        last_message: { text: last_message, bytes: Buffer.byteLength(last_message) },
        log: [
          { at_ms: STARTED_MS, level: 'info', message: `${name}: live` },
          { at_ms: NOW_MS - 90 * MIN_MS, level: 'warn', message: `${name}: lost, disconnected: ECONNRESET` },
          { at_ms: NOW_MS - 89 * MIN_MS, level: 'error', message: `${name}: <b>not bold</b>` },
        ],
      };
    },
  };
}

export function reportPage({ coverage }: PageWorld, damage: readonly string[]): ReportPage {
  return {
    dir: 'output',
    verified_at_ms: NOW_MS,
    verdict: damage.length > 0 ? 'damaged' : 'gaps',
    version: '0.1.0',
    topics: coverage.map((topic, i) => ({
      ...topic,
      covered: topic.from_ms === null ? null : 0.9987,
      files: 480,
      messages: 10_000_000,
      bytes: 4_000_000_000,
      damage: i === 0 ? damage : [],
      holes: null,
    })),
  };
}
