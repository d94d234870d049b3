// What the demo shows, as text.

import { expect, test } from 'vitest';
import type { Captured } from '../../src/demo/captured.js';
import {
  introduction,
  nextSteps,
  Redrawn,
  type Result,
  resultText,
  shellWord,
  statusLine,
} from '../../src/demo/view.js';
import type { StatusDocument } from '../../src/shared/status.js';

function result(topic: string, messages: number, files: string[], difference: string | null = null): Result {
  const sent = { messages, bytes: messages * 100, sha256: 'x' };
  const captured: Captured = { ...sent, files };
  return { topic, sent, captured, difference };
}

test('a path is shown as a shell takes it', () => {
  expect(shellWord('output/demo_1.jsonl')).toBe('output/demo_1.jsonl');
  expect(shellWord("/tmp/my own/it's")).toBe("'/tmp/my own/it'\\''s'");
});

test('the introduction says where everything is, what to try, and when it ends', () => {
  const place = {
    title: 'Bybit',
    is_shared: false,
    feed_url: 'ws://127.0.0.1:1',
    topics: ['a', 'b'],
    output_dir: 'my output',
    log_file: 'my output.log',
    socket_path: '/tmp/s/status.sock',
  };
  const text = introduction({ ...place, seconds: null });
  for (const part of ['ws://127.0.0.1:1', 'a, b', 'my output.log', "'my output'/*.jsonl", 'until Ctrl-C']) {
    expect(text).toContain(part);
  }
  expect(text).toContain('npx streamer-status --watch --socket /tmp/s/status.sock\n');
  expect(introduction({ ...place, seconds: 7 })).toContain('It runs for 7 s, and then compares');
});

test('the introduction says as whom the feed speaks, and whether the topics share a process', () => {
  const place = {
    feed_url: 'ws://127.0.0.1:1',
    topics: ['a', 'b'],
    output_dir: 'o',
    log_file: 'o.log',
    socket_path: '/s',
    seconds: null,
  };
  const text = introduction({ ...place, title: 'OKX', is_shared: true });
  expect(text).toContain('what OKX would');
  expect(text).toContain('one process for all topics');
  expect(introduction({ ...place, title: 'Bybit', is_shared: false })).toContain('one process a topic');
});

test('the table has a line for each topic, its numbers to the right, then the files and the verdict', () => {
  const results = [
    result('a.long.topic', 1234, ['/o/a_0.jsonl', '/o/a_3600.jsonl']),
    result('b', 5, ['/o/b']),
  ];
  expect(resultText(results, (path) => path.slice(1))).toBe(
    [
      '',
      'TOPIC         FILES  SENT  CAPTURED      BYTES  EQUAL',
      'a.long.topic      2  1234      1234  120.5 KiB    yes',
      'b                 1     5         5      500 B    yes',
      '',
      '  o/a_0.jsonl',
      '  o/a_3600.jsonl',
      '  o/b',
      '',
      'All 1239 messages that the feed sent are in the files.',
      '',
    ].join('\n'),
  );
});

test('every topic that differs has its sentence instead of the verdict', () => {
  const results = [result('a', 1, [], 'a: one.'), result('b', 1, []), result('c', 1, [], 'c: three.')];
  const text = resultText(results, (path) => path);
  expect(text).toMatch(/a +0 +1 +1 +100 B {5}no\n/);
  expect(text.endsWith('\na: one.\nc: three.\n')).toBe(true);
  expect(text).not.toContain('All');
});

test('a run in which nothing was sent does not claim that all of it is there', () => {
  expect(resultText([result('a', 0, [])], (path) => path)).toMatch(/sent no message in so short a time\.\n$/);
});

test('what is drawn stands over what was drawn before, line for line', () => {
  const redrawn = new Redrawn();
  expect(redrawn.draw(['one', 'two'])).toBe('\x1b[Jone\ntwo\n');
  expect(redrawn.draw(['three'])).toBe('\x1b[2A\r\x1b[Jthree\n');
  expect(redrawn.draw(['four'])).toBe('\x1b[1A\r\x1b[Jfour\n');
});

test('where nothing can be drawn the status is a line', () => {
  const document = { uptime_s: 61, total_messages: 12, rate_per_min: 12, live_topics: 1, topics: [{}, {}] };
  expect(statusLine(document as unknown as StatusDocument)).toBe(
    'Uptime: 1m1s | Total Msgs: 12 | Rate: 12.00 msg/min | 1 of 2 topics live',
  );
});

test('the next step is a command with the file of the trades', () => {
  expect(nextSteps('my output/t.jsonl', 'bybit')).toContain("'my output/t.jsonl' | tail -n 3\n");
  expect(nextSteps('my output/t.jsonl', 'okx')).toContain("  tail -n 3 'my output/t.jsonl'\n");
});
