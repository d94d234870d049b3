// A capture process that is stopped for a while, by a debugger, a frozen container or a machine that sleeps.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readHourFiles, testFolder } from '../testing/folder.js';
import { serve } from '../testing/served.js';
import { childrenOf, eventually, supervise } from '../testing/supervised.js';

const STALE_AFTER_MS = 4_000;
const PING_MS = 3_000;
/** After the handshake: it has been counted as a sign of life by then (once a second), and no pong has come yet. */
const QUIET_MS = 1_300;

test('a process stopped for longer than stale_after does not hold that against the server: it goes on without a reconnect', async () => {
  const server = await serve();
  const streamer = await supervise(await testFolder(), {
    topic: 't',
    ws_url: server.url,
    protocol: 'none',
    stale_after: STALE_AFTER_MS / 1000,
    ping_interval: PING_MS / 1000,
  });
  const connection = await server.nextConnection(15_000);
  await sleep(QUIET_MS);
  const [capture = 0] = childrenOf(streamer.pid);
  process.kill(capture, 'SIGSTOP');
  expect(connection.pings_at_ms).toEqual([]);
  await sleep(STALE_AFTER_MS + 200);
  process.kill(capture, 'SIGCONT');
  await eventually('a ping', () => connection.pings_at_ms.length > 0);
  connection.sendText('{"n":1}');
  const { topics } = await streamer.until('written', ({ total_messages }) => total_messages === 1);
  expect(topics).toMatchObject([{ state: 'live', reconnects: 0, restarts: 0, pid: capture }]);
  expect(server.handshakes).toHaveLength(1);
  expect(await streamer.log()).not.toMatch(/Nothing came/);
  streamer.signal('SIGTERM');
  expect(await streamer.ended).toBe(0);
  expect(Object.values(await readHourFiles(streamer.output_dir))).toEqual(['{"n":1}\n']);
});
