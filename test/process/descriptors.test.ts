// A supervisor that has run out of file descriptors, as when too many clients ask it at once.

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { testFolder } from '../testing/folder.js';
import { serve } from '../testing/served.js';
import { childrenOf, eventually, supervise } from '../testing/supervised.js';

const STATUS_LINE = /Uptime: /g;

test('a supervisor without a free file descriptor goes on, and its captures with it', async () => {
  const server = await serve();
  const settings = { topic: 't', ws_url: server.url, protocol: 'none', status_interval: 1 };
  const streamer = await supervise(await testFolder(), settings);
  await streamer.until('live', ({ live_topics }) => live_topics === 1);
  const captures = childrenOf(streamer.pid);
  // Fewer than it has open: each that it wants from now on is refused.
  const allow = (files: string) => execFileSync('prlimit', [`--pid=${streamer.pid}`, `--nofile=${files}:`]);
  allow('8');
  const linesSoFar = async () => (await streamer.log()).match(STATUS_LINE)?.length ?? 0;
  const before = await linesSoFar();
  const ended = streamer.ended.then((how) => {
    throw new Error(`it ended with ${how}: ${streamer.printed()}`);
  });
  await Promise.race([
    ended,
    eventually('three status lines', async () => (await linesSoFar()) >= before + 3),
  ]);
  allow('1024');
  ended.catch(() => {});
  await streamer.until('an answer', ({ live_topics }) => live_topics === 1);
  expect(childrenOf(streamer.pid)).toEqual(captures);
  streamer.signal('SIGTERM');
  expect(await streamer.ended).toBe(0);
});
