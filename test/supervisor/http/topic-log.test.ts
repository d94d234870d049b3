import { expect, test } from 'vitest';
import { TopicLog } from '../../../src/supervisor/http/topic-log.js';

const line = (message: string) => ({ at_ms: 5, level: 'info', message }) as const;

test('the latest 20 lines of each topic are kept, the oldest first', () => {
  const log = new TopicLog();
  for (let n = 0; n < 50; n += 1) log.note(n % 2 === 0 ? ['even'] : ['odd'], line(`${n}`));
  const messages = log.of('even').map(({ message }) => message);
  expect(messages).toEqual(Array.from({ length: 20 }, (_, i) => String(10 + 2 * i)));
  expect(log.of('nobody')).toEqual([]);
});

test('a long line is cut, between two characters, and nothing in it moves a terminal', () => {
  const log = new TopicLog();
  log.note(['t'], line(`${'x'.repeat(198)}😀${'y'.repeat(100)}`));
  log.note(['t'], line('\u001b[2J'));
  expect(log.of('t').map(({ message }) => message)).toEqual([`${'x'.repeat(198)}…`, '\\u001b[2J']);
});

test('what is kept of topics that are no more is forgotten', () => {
  const log = new TopicLog();
  log.note(['a', 'b'], line('x'));
  log.keep(['b', 'c']);
  expect(log.of('a')).toEqual([]);
  expect(log.of('b')).toHaveLength(1);
});

test('what a thousand topics keep at the most is some megabytes', () => {
  const log = new TopicLog();
  const names = Array.from({ length: 1000 }, (_, i) => `t${i}`);
  for (let n = 0; n < 30; n += 1)
    for (const name of names) log.note([name], line(`${n} ${name} `.repeat(400)));
  const chars = names.flatMap((name) => log.of(name)).reduce((sum, { message }) => sum + message.length, 0);
  expect(chars).toBeLessThanOrEqual(1000 * 20 * 200);
});
