// The picture of a status document, to the character.

import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TOPIC_STATES, type TopicState } from '../../src/shared/status.js';
import { formatAgo } from '../../src/status-cli/columns.js';
import { drawDown, drawPicture, drawStatus } from '../../src/status-cli/draw.js';
import { SORT_NAMES, WORST_FIRST } from '../../src/status-cli/order.js';
import type { Paper } from '../../src/status-cli/paper.js';
import { textWidth } from '../../src/status-cli/text.js';
import { Trend } from '../../src/status-cli/trend.js';
import { NOW_MS, statusDocument, topicStatus } from './documents.js';

const ENDLESS: Paper = { width: null, rows: null, colour: false };

const draw = (topics: Parameters<typeof statusDocument>[0], paper: Partial<Paper> = {}): readonly string[] =>
  drawStatus(statusDocument(topics), NOW_MS, { ...ENDLESS, ...paper });

/** The first words of the lines of the table. */
const firstWords = (lines: readonly string[]) => lines.slice(4).map((line) => line.trim().split(' ')[0]);

const titles = (lines: readonly string[]) => lines[3]?.trim().split(/ +/);

test('a topic that is live takes one line under the original first line and a summary', () => {
  expect(draw([topicStatus('publicTrade.BTCUSDT')])).toEqual([
    'Uptime: 12m34s | Total Msgs: 152340 | Rate: 7260.12 msg/min',
    '1 of 1 topics live | 46.0 MiB written | pid 4711 | version 0.1.0',
    '',
    'TOPIC                STATE    SINCE  MSGS  RATE/MIN     LAST   BUFFER  DROPPED  RECONN  RESTARTS  GAPS       SIZE       MEM',
    'publicTrade.BTCUSDT  live   12m ago  1000      79.6   3s ago  0/10000        0       0         0     0  200.0 KiB  50.0 MiB',
  ]);
});

test('a topic in trouble stands first with the words of its error beneath', () => {
  const rejected = topicStatus('tickers.NOPE', {
    state: 'rejected',
    since_ms: NOW_MS - 5000,
    messages: 0,
    bytes: 0,
    rate_per_min: 0,
    last_message_at_ms: null,
    error: 'The server refused the subscription: "handler not found".',
  });
  const lines = draw([topicStatus('tickers.A', { name: 'a' }), rejected]);
  expect(lines).toEqual([
    'Uptime: 12m34s | Total Msgs: 152340 | Rate: 7260.12 msg/min',
    '1 of 2 topics live, 1 rejected | 46.0 MiB written | pid 4711 | version 0.1.0',
    '',
    'TOPIC          STATE       SINCE  MSGS  RATE/MIN     LAST   BUFFER  DROPPED  RECONN  RESTARTS  GAPS       SIZE       MEM',
    'tickers.NOPE   rejected   5s ago     0       0.0    never  0/10000        0       0         0     0        0 B  50.0 MiB',
    '  └ The server refused the subscription: "handler not found".',
    'tickers.A (a)  live      12m ago  1000      79.6   3s ago  0/10000        0       0         0     0  200.0 KiB  50.0 MiB',
  ]);
});

test('a topic that is silent says so beside its state, and stands before those that are not', () => {
  const silent = topicStatus('z', { silent_since_ms: NOW_MS - 300_000 });
  const lines = draw([topicStatus('a'), silent]);
  expect(lines[1]).toMatch(/^2 of 2 topics live, 1 silent \|/);
  expect(lines.slice(4).map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
    ['z', 'live, silent'],
    ['a', 'live'],
  ]);
});

test('how the last reload of the configuration went is told under the summary', () => {
  const reloaded = { at_ms: NOW_MS - 3000, ok: true, message: 'Reloaded, topics: 1 added, 2 as before.' };
  const lines = drawStatus(statusDocument([topicStatus('a')], { reloaded }), NOW_MS, ENDLESS);
  expect(lines[2]).toBe('3s ago: Reloaded, topics: 1 added, 2 as before.');
});

test('the summary says when the supervisor is not just running', () => {
  const lines = drawStatus(statusDocument([], { state: 'stopping' }), NOW_MS, ENDLESS);
  expect(lines[1]).toMatch(/^0 of 0 topics live \| .* \| the supervisor is stopping$/);
});

test('the worst topic is first, and among equals the one that lost most', () => {
  const topics = [
    ...TOPIC_STATES.map((state) => topicStatus(`in-${state}`, { state })),
    topicStatus('z-dropped', { dropped: 5 }),
    topicStatus('z-dropped-more', { dropped: 50 }),
    topicStatus('z-disk', { error: 'full' }),
    topicStatus('a'),
  ];
  expect(firstWords(draw(topics))).toEqual([
    'in-rejected',
    'in-restarting',
    'in-waiting',
    'in-stopped',
    'in-stopping',
    'in-connecting',
    'in-subscribing',
    'in-starting',
    'z-dropped-more',
    'z-dropped',
    'z-disk',
    '└',
    'a',
    'in-live',
  ]);
});

test('a state that this version does not know stands before the live ones', () => {
  const unknown = topicStatus('z', { state: 'dreaming' as TopicState });
  expect(firstWords(draw([topicStatus('a'), unknown]))).toEqual(['z', 'a']);
});

test('a narrow terminal loses columns in a fixed order, topic and state never', () => {
  const topics = [topicStatus('publicTrade.BTCUSDT')];
  expect(titles(draw(topics, { width: 117 }))?.slice(-2)).toEqual(['GAPS', 'SIZE']);
  expect(titles(draw(topics, { width: 80 }))).toEqual([
    ...['TOPIC', 'STATE', 'SINCE', 'MSGS', 'RATE/MIN', 'LAST', 'DROPPED', 'GAPS'],
  ]);
  expect(titles(draw(topics, { width: 45 }))).toEqual(['TOPIC', 'STATE', 'MSGS', 'RATE/MIN']);
  expect(titles(draw(topics, { width: 12 }))).toEqual(['TOPIC', 'STATE']);
});

test('the column that is sorted by stays where there is room for no other', () => {
  const lines = drawStatus(
    statusDocument([topicStatus('publicTrade.BTCUSDT')]),
    NOW_MS,
    { ...ENDLESS, width: 45 },
    { order: { ...WORST_FIRST, sort: 'buffered' } },
  );
  expect(titles(lines)).toEqual(['TOPIC', 'STATE', 'MSGS', 'BUFFER']);
});

test('the rates that were seen take what room is left, down to eight blocks, and then none', () => {
  const trend = new Trend();
  for (let i = 0; i <= 30; i += 1) {
    trend.see(statusDocument([topicStatus('publicTrade.BTCUSDT', { messages: i })]), i * 3000);
  }
  const blocksIn = (width: number) => {
    const topics = [topicStatus('publicTrade.BTCUSDT')];
    const lines = drawStatus(statusDocument(topics), NOW_MS, { ...ENDLESS, width }, { trend });
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
    return lines[4]?.match(/█/g)?.length ?? 0;
  };
  expect([200, 85, 80, 60].map(blocksIn)).toEqual([20, 8, 12, 0]);
});

test('a topic with a long error is scrolled past like any other, and its lines stay together', () => {
  const topics = Array.from({ length: 9 }, (_, i) => topicStatus(`t${i}`, { error: 'word '.repeat(60) }));
  const from = (top: number) =>
    drawPicture(statusDocument(topics), NOW_MS, { width: 40, rows: 4 + 8 + 1, colour: false }, { top });
  expect([from(0), from(3), from(99)].map(({ top, shown }) => [top, shown])).toEqual([
    ...[
      [0, 2],
      [3, 2],
      [7, 2],
    ],
  ]);
  expect(from(99).lines.at(-1)).toBe('… 7 above');
  expect(from(3).lines.at(-1)).toBe('… 3 above, 4 more topics, all live');
});

test('a name too long for a narrow terminal is cut in the middle', () => {
  const name = `${'a'.repeat(60)}END`;
  expect(draw([topicStatus(name)], { width: 60 })[4]).toMatch(/^a+…a+END +live/);
  expect(draw([topicStatus(name)])[4]).toContain(name);
});

const hostileTopic = fc
  .record({
    topic: fc.string({ unit: 'binary' }),
    name: fc.string({ unit: 'binary' }),
    state: fc.constantFrom(...TOPIC_STATES, '\x1b[2J' as TopicState),
    messages: fc.nat(),
    since_ms: fc.integer(),
    last_message_at_ms: fc.option(fc.integer()),
    error: fc.option(fc.string({ unit: 'binary', maxLength: 300 })),
  })
  .map((changes) => topicStatus(changes.topic, changes));

test('whatever the document holds, no line is wider or more than the terminal has, nor steers it', () => {
  fc.assert(
    fc.property(
      fc.array(hostileTopic, { maxLength: 12 }),
      fc.integer({ min: 1, max: 160 }),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom(...SORT_NAMES),
      fc.oneof(fc.constant(''), fc.string({ unit: 'binary', maxLength: 2 })),
      fc.nat({ max: 15 }),
      (topics, width, rows, sort, filter, top) => {
        const trend = new Trend();
        trend.see(statusDocument(topics), 0);
        trend.see(statusDocument(topics), 3000);
        const options = { order: { ...WORST_FIRST, sort, filter }, top, trend };
        const picture = drawPicture(statusDocument(topics), NOW_MS, { width, rows, colour: false }, options);
        const down = drawDown(topics[0]?.error ?? '', 5_000, { width, rows, colour: false });
        expect(down.length).toBeLessThanOrEqual(rows);
        const lines = [...picture.lines, ...down];
        expect(picture.top + picture.shown).toBeLessThanOrEqual(topics.length);
        expect(picture.lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) {
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
          expect(textWidth(line)).toBeLessThanOrEqual(width);
        }
      },
    ),
  );
});

test('escape sequences in names, states and errors are shown and not obeyed', () => {
  const lines = draw([topicStatus('a\x1b]0;owned\x07', { error: 'x\x1b[2J\ny\u202e' })]);
  expect(lines[4]).toMatch(/^a\\u001b\]0;owned\\u0007 {2}live/);
  expect(lines[5]).toBe('  └ x\\u001b[2J\\u000ay\\u202e');
});

test('a name in wide characters keeps the columns in line', () => {
  const lines = draw([topicStatus('成交.比特币'), topicStatus('tickers.BTCUSDT')]);
  const widthUpTo = (line: string | undefined) => textWidth((line ?? '').split('live')[0] ?? '');
  expect(widthUpTo(lines[4])).toBe(widthUpTo(lines[5]));
});

test('topics that do not fit the height are summed up in the last line', () => {
  const many = Array.from({ length: 200 }, (_, i) => topicStatus(`tickers.T${String(i).padStart(3, '0')}`));
  const lines = draw(many, { rows: 17 });
  expect(lines).toHaveLength(17);
  expect(lines.at(-2)).toMatch(/^tickers\.T011 /);
  expect(lines.at(-1)).toBe('… 188 more topics, all live');
  expect(draw(many, { rows: 204 }).at(-1)).toMatch(/^tickers\.T199 /);
});

test('the sum of what does not fit says what is not live', () => {
  const topics = ['a', 'b', 'c'].map((name) => topicStatus(name));
  const waiting = [topicStatus('w', { state: 'waiting' }), topicStatus('x', { state: 'waiting' })];
  expect(draw([...topics, ...waiting], { rows: 6 }).at(-1)).toBe('… 4 more topics: 1 waiting, 3 live');
  expect(draw(topics, { rows: 6 }).at(-1)).toBe('… 2 more topics, all live');
});

test('colours are used only on a paper that takes them', () => {
  const topics = [topicStatus('a', { state: 'rejected', error: 'no', dropped: 3 }), topicStatus('b')];
  const coloured = draw(topics, { colour: true });
  expect(coloured[4]).toContain('\x1b[31mrejected\x1b[0m');
  expect(coloured[5]).toBe('  └ \x1b[31mno\x1b[0m');
  expect(coloured[6]).toContain('\x1b[32mlive    \x1b[0m');
  expect(coloured.map(stripVTControlCharacters)).toEqual(draw(topics));
});

test('times are told in the largest whole unit', () => {
  const seconds = [0, 59, 60, 3599, 3600, 47 * 3600, 48 * 3600, 40 * 86_400];
  expect(seconds.map((s) => formatAgo(s * 1000))).toEqual([
    ...['0s ago', '59s ago', '1m ago', '59m ago', '1h ago', '47h ago', '2d ago', '40d ago'],
  ]);
  expect(formatAgo(-5000)).toBe('0s ago');
});
