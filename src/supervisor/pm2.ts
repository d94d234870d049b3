// What PM2 is told, over the IPC channel that it opens to the programs it starts: that we are ready, a few figures for
// `pm2 show`, and what `pm2 trigger` can ask for. Without PM2 there is no channel, and nothing is said. PM2's own
// package is not needed for it, and a channel that breaks never matters.

import { formatStatusLine } from '../shared/format.js';
import type { StatusDocument, TopicStatus } from '../shared/status.js';

const MIB = 1024 * 1024;

/** `process.send`, where there is a channel. */
export type Send = (message: unknown) => void;

export function tellReady(send: Send): void {
  send('ready');
}

/** A figure and its unit; PM2 shows what it was last told, in this order. */
type Figure = readonly [name: string, value: number | string, unit: string];

export function tellMetrics(send: Send, status: StatusDocument): void {
  const figures = figuresOf(status).map(([name, value, unit]) => {
    return [name, { value, unit, agg_type: 'avg', historic: true, type: 'internal' }];
  });
  send({ type: 'axm:monitor', data: Object.fromEntries(figures) });
}

/** Always the same names: PM2 goes on showing one that is left out. Few enough for the box of `pm2 monit`. */
function figuresOf({ topics, live_topics, rate_per_min }: StatusDocument): readonly Figure[] {
  const sum = (of: (topic: TopicStatus) => number) => topics.reduce((total, topic) => total + of(topic), 0);
  const lags_ms = topics.flatMap(({ event_lag_ms }) => event_lag_ms ?? []);
  const longest_ms = lags_ms.reduce((longest, lag_ms) => Math.max(longest, lag_ms), Number.NEGATIVE_INFINITY);
  const gap_s = Math.round(sum(({ gap_ms }) => gap_ms) / 100) / 10;
  return [
    ['Messages', rate_per_min, 'msg/min'],
    ['Live topics', `${live_topics}/${topics.length}`, 'topics'],
    ['Longest lag', lags_ms.length === 0 ? 'unknown' : longest_ms, lags_ms.length === 0 ? '' : 'ms'],
    ['Buffered', sum(({ buffered }) => buffered), 'messages'],
    ['Dropped', sum(({ dropped }) => dropped), 'messages'],
    ['Gaps', sum(({ gaps }) => gaps), `of ${gap_s} s in all`],
    ['Reconnects', sum(({ reconnects }) => reconnects), 'since the start'],
    // PM2's own figure is the supervisor's alone.
    ['Memory of captures', Math.round(sum(({ memory_bytes }) => memory_bytes) / MIB), 'MiB'],
  ];
}

/** What `pm2 trigger` can ask for, by name; each resolves to its answer. */
export type Actions = Readonly<Record<string, () => Promise<string>>>;

/** Offers the actions; what it returns is to be given each message of PM2's. */
export function tellActions(send: Send, actions: Actions): (message: unknown) => void {
  for (const action_name of Object.keys(actions))
    send({ type: 'axm:action', data: { action_name, action_type: 'custom', arity: 0 } });
  return (message) => {
    // PM2 sends the name, or an object where something goes with it.
    const name = typeof message === 'string' ? message : (message as { msg?: unknown } | null)?.msg;
    if (typeof name !== 'string' || !Object.hasOwn(actions, name)) return;
    void actions[name]?.().then((answer) =>
      send({ type: 'axm:reply', data: { return: answer, action_name: name } }),
    );
  };
}

/** The status in a line. */
export function statusLine({
  uptime_s,
  total_messages,
  rate_per_min,
  live_topics,
  topics,
}: StatusDocument): string {
  const line = formatStatusLine(uptime_s * 1000, total_messages, rate_per_min);
  return `${live_topics} of ${topics.length} topics live | ${line}`;
}
