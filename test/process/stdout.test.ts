// What the program writes to stdout: its log, where that is asked for, and only for as long as somebody reads it.

import { expect, test } from 'vitest';
import { allUpTo, numbersOf } from '../testing/accounts.js';
import { testFolder } from '../testing/folder.js';
import { startNumberedFeed } from '../testing/numbered-feed.js';
import { eventually, supervise } from '../testing/supervised.js';

test.each([
  ['--debug', ['--debug'], {}],
  ['log_to_stdout', [], { log_to_stdout: true }],
])(
  '%s: the log is on stdout as well, and when its reader closes the pipe the capture goes on',
  async (_, args, settings) => {
    const feed = await startNumberedFeed();
    const config = { topic: 'a', ws_url: feed.url, status_interval: 0.2, ...settings };
    const streamer = await supervise(await testFolder(), config, {}, args);
    const live = / INFO {2}\[a \d+\] Live: .*\n/;
    await eventually('some lines', () => live.test(streamer.printed()));
    await streamer.until('live', ({ live_topics }) => live_topics === 1);
    streamer.closeStdout();
    const printed = streamer.printed();
    const statusLines = async () => (await streamer.log()).split('Uptime: ').length;
    const before = await statusLines();
    const last = feed.last('a');
    await eventually('lines that nobody reads', async () => (await statusLines()) > before + 3);
    await eventually('more messages', () => feed.last('a') > last + 100);
    expect((await streamer.status()).topics).toMatchObject([{ state: 'live', restarts: 0, reconnects: 0 }]);
    streamer.signal('SIGTERM');
    expect(await streamer.ended).toBe(0);
    expect(await numbersOf(streamer.output_dir, 'a')).toEqual(allUpTo(feed.last('a')));
    const log = await streamer.log();
    expect(log.slice(0, printed.length)).toBe(printed);
    expect(log).toMatch(/INFO {2}Stopped\n$/);
  },
);
