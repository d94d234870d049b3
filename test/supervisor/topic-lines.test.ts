// What the supervisor tells about its topics to whoever shows them one by one.

import { expect, onTestFinished, test } from 'vitest';
import type { TopicLine } from '../../src/supervisor/process-runner.js';
import { Supervisor } from '../../src/supervisor/supervisor.js';
import { standIn } from '../testing/capture-stand-in.js';
import { testFolder } from '../testing/folder.js';
import { eventually } from '../testing/supervised.js';
import { topicSettings } from '../testing/topic-settings.js';

test('a line of the log is told with the topics that it is about, and with none that do not exist', async () => {
  const folder = await testFolder();
  const told: { names: readonly string[]; line: TopicLine }[] = [];
  const body = `setInterval(() => {}, 1000);
    await started;
    const say = (name, message) => process.send({ type: 'log', name, at_ms: 7, level: 'warn', message });
    say('b', 'one'); say(null, 'all'); say('nobody', 'none'); say(null, 'end');`;
  const topics = ['a', 'b'].map((topic) => topicSettings({ topic, name: topic }));
  const supervisor = new Supervisor(
    {
      output_dir: folder,
      topics,
      topics_per_process: 2,
      status_interval_ms: 60_000,
      log_file: '',
      log_keep_days: 1,
      log_to_stdout: false,
      status_socket: '',
      http_port: null,
      http_host: '127.0.0.1',
      http_token: null,
    },
    {
      pid: process.pid,
      capture_file: await standIn(folder, body),
      log: () => {},
      memoryBytes: () => 0,
      cpuMs: () => 0,
      http_port: () => null,
      ready: () => {},
      ticked: () => {},
      noted: (names, line) => told.push({ names, line }),
    },
  );
  onTestFinished(() => supervisor.stop());
  expect(supervisor.isCaptured('b')).toBe(false);
  supervisor.start();
  await eventually('the last line', () => told.some(({ line }) => line.message === 'end'));
  const names = (message: string) => told.find(({ line }) => line.message === message)?.names;
  expect([names('one'), names('all'), names('none')]).toEqual([['b'], ['a', 'b'], []]);
  expect(told[0]?.line).toEqual({ at_ms: 7, level: 'warn', message: 'one' });
  expect([supervisor.isCaptured('b'), supervisor.isCaptured('nobody')]).toEqual([true, false]);
  await supervisor.stop();
  expect(supervisor.isCaptured('b')).toBe(false);
});
