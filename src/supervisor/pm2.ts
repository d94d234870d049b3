// What PM2 is told, over the IPC channel that it opens to the programs it starts: that we are ready, a few figures for
// `pm2 show`, and what `pm2 trigger` can ask for. Without PM2 there is no channel, and nothing is said. PM2's own
// package is not needed for it, and a channel that breaks never matters.

import { formatStatusLine } from '../shared/format.js';
import type { StatusDocument } from '../shared/status.js';

/** `process.send`, where there is a channel. */
export type Send = (message: unknown) => void;

export function tellReady(send: Send): void {
  send('ready');
}

/** PM2 shows what it was last told. */
export function tellMetrics(send: Send, status: StatusDocument): void {
  const sum = (key: 'dropped' | 'gaps') => status.topics.reduce((total, topic) => total + topic[key], 0);
  const metric = (value: number | string) => ({ value, agg_type: 'avg', historic: true, type: 'internal' });
  send({
    type: 'axm:monitor',
    data: {
      'Messages/min': metric(status.rate_per_min),
      'Live topics': metric(`${status.live_topics}/${status.topics.length}`),
      Dropped: metric(sum('dropped')),
      Gaps: metric(sum('gaps')),
    },
  });
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
