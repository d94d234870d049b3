// What Prometheus reads: the status, the processes and the write latencies as text in its format, made anew for each
// scrape, so that a topic that was removed is in it no longer and two scrapes at once do not meet.
//
// Instants are given and not ages (start, last message), as Prometheus wants it: `time() - x` is right at any moment
// between two scrapes, and still when the supervisor hangs, where an age would stand still. Counters are what this
// supervisor counted; they start from nothing with it.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { StatusDocument, TopicStatus } from '../../shared/status.js';
import { WRITE_MS_BOUNDS, type WriteLatency } from '../../shared/write-latency.js';
import type { ProcessUsage } from '../processes.js';

export interface MetricsText {
  readonly content_type: string;
  readonly text: string;
}

/** What there is of each topic, under which name, in which words; null: this topic has none now. */
type OfTopic = readonly [name: string, help: string, value: (topic: TopicStatus) => number | null];

const COUNTERS: readonly OfTopic[] = [
  ['messages_total', 'Messages written to the files.', ({ messages }) => messages],
  ['written_bytes_total', 'Bytes written to the files.', ({ bytes }) => bytes],
  ['dropped_messages_total', 'Messages dropped because the buffer was full.', ({ dropped }) => dropped],
  [
    'reconnects_total',
    'Connections made again after one was lost or refused.',
    ({ reconnects }) => reconnects,
  ],
  [
    'restarts_total',
    'Capture processes of the topic that died and were replaced.',
    ({ restarts }) => restarts,
  ],
  ['gaps_total', 'Closed gaps that were written to the ledger.', ({ gaps }) => gaps],
  ['gap_seconds_total', 'How long the closed gaps are together.', ({ gap_ms }) => gap_ms / 1000],
];

const GAUGES: readonly OfTopic[] = [
  ['live', '1: the topic is subscribed and captured. 0: it is not.', ({ state }) => Number(state === 'live')],
  [
    'silent',
    '1: the topic is live and has brought no message for silent_after. 0: it is not silent.',
    ({ silent_since_ms }) => Number(silent_since_ms !== null),
  ],
  ['buffered_messages', 'Messages in memory that are not written yet.', ({ buffered }) => buffered],
  [
    'buffer_size_messages',
    'Messages that the buffer holds before it is full.',
    ({ buffer_size }) => buffer_size,
  ],
  [
    'last_message_timestamp_seconds',
    'Unix time at which the last message was received.',
    ({ last_message_at_ms }) => (last_message_at_ms === null ? null : last_message_at_ms / 1000),
  ],
  [
    'event_lag_seconds',
    'From the time that a message of the last second in which one came states to its receipt, by two clocks.',
    ({ event_lag_ms }) => (event_lag_ms === null ? null : event_lag_ms / 1000),
  ],
];

export async function renderMetrics(
  status: StatusDocument,
  processes: readonly ProcessUsage[],
  latencies: ReadonlyMap<string, WriteLatency>,
): Promise<MetricsText> {
  const registry = new Registry();
  addSupervisor(registry, status);
  for (const [name, help, value] of COUNTERS) {
    const counter = new Counter({ ...topicMetric(name, help), registers: [registry] });
    for (const topic of status.topics) counter.inc({ topic: topic.name }, value(topic) ?? 0);
  }
  for (const [name, help, value] of GAUGES) {
    const gauge = new Gauge({ ...topicMetric(name, help), registers: [registry] });
    for (const topic of status.topics) {
      const now = value(topic);
      if (now !== null) gauge.set({ topic: topic.name }, now);
    }
  }
  registry.registerMetric(new WriteLatencies(latencies));
  addProcesses(registry, processes);
  return { content_type: registry.contentType, text: await registry.metrics() };
}

const topicMetric = (name: string, help: string) => ({
  name: `streamer_${name}`,
  help,
  labelNames: ['topic'] as const,
});

function addSupervisor(registry: Registry, { version, started_at_ms, reloaded }: StatusDocument): void {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `streamer_${name}`, help, labelNames, registers: [registry] });
  gauge('build_info', 'Always 1; the version is a label.', 'version').set({ version }, 1);
  gauge('start_time_seconds', 'Unix time at which the supervisor started.').set(started_at_ms / 1000);
  if (reloaded === null) return;
  gauge(
    'last_reload_successful',
    '1: the last reload took. 0: the configuration was bad, nothing changed.',
  ).set(Number(reloaded.ok));
}

function addProcesses(registry: Registry, processes: readonly ProcessUsage[]): void {
  const labelNames = ['role', 'process'] as const;
  const memory = new Gauge({
    name: 'streamer_process_resident_memory_bytes',
    help: 'Resident memory of the supervisor, and of each capture process.',
    labelNames,
    registers: [registry],
  });
  const cpu = new Gauge({
    name: 'streamer_process_cpu_ratio',
    help: 'Share of one core that the process took over the last 10 s.',
    labelNames,
    registers: [registry],
  });
  for (const { role, name, memory_bytes, cpu_share } of processes) {
    memory.set({ role, process: name }, memory_bytes);
    cpu.set({ role, process: name }, cpu_share);
  }
}

type Buckets = Awaited<ReturnType<Histogram<'topic' | 'le'>['get']>>;

const WRITE_LATENCY = {
  ...topicMetric('write_latency_seconds', 'Per write: from the receipt of its oldest message to its end.'),
  buckets: WRITE_MS_BOUNDS.map((bound_ms) => bound_ms / 1000),
  registers: [],
};

/** The captures have observed already: what they counted is given as it is. */
class WriteLatencies extends Histogram<'topic'> {
  readonly #latencies: ReadonlyMap<string, WriteLatency>;

  constructor(latencies: ReadonlyMap<string, WriteLatency>) {
    super(WRITE_LATENCY);
    this.#latencies = latencies;
  }

  override async get(): Promise<Buckets> {
    const values = [...this.#latencies].flatMap(([topic, latency]) => bucketsOf(topic, latency));
    // Ours would ask for the text's form below, which asks here.
    return { ...(await new Histogram(WRITE_LATENCY).get()), values };
  }

  /** The registry asks a histogram by this name. */
  getForPromString(): Promise<Buckets> {
    return this.get();
  }
}

function bucketsOf(topic: string, { counts, sum_ms }: WriteLatency): Buckets['values'] {
  const { name } = WRITE_LATENCY;
  let total = 0;
  const buckets = counts.map((count, i) => {
    total += count;
    const bound_ms = WRITE_MS_BOUNDS[i];
    const le = bound_ms === undefined ? '+Inf' : bound_ms / 1000;
    return { metricName: `${name}_bucket`, labels: { topic, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { topic }, value: sum_ms / 1000 },
    { metricName: `${name}_count`, labels: { topic }, value: total },
  ];
}
