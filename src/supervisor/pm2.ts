// What PM2 is told, over the IPC channel that it opens to the programs it starts: that we are ready, and a few
// figures for `pm2 show`. Without PM2 there is no channel, and nothing is said. PM2's own package is not needed
// for it, and a channel that breaks never matters.

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
