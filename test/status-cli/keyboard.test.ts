// Bytes of a keyboard to keys.

import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ESCAPE_WAIT_MS, type Pressed, readKeys } from '../../src/status-cli/keyboard.js';

function keyboard() {
  const stream = new PassThrough();
  const keys: string[] = [];
  const stop = readKeys(stream, (key: Pressed) => keys.push(key.name === 'text' ? `'${key.text}` : key.name));
  return { stream, keys, stop };
}

test.each([
  ['arrows', '\x1b[A\x1b[B\x1bOA\x1bOB', ['up', 'down', 'up', 'down']],
  ['pages', '\x1b[5~\x1b[6~', ['page_up', 'page_down']],
  [
    'home and end of different terminals',
    '\x1b[H\x1b[F\x1bOH\x1bOF\x1b[1~\x1b[4~',
    ['home', 'end', 'home', 'end', 'home', 'end'],
  ],
  ['letters', 'wQ/? é漢🚀', ["'w", "'Q", "'/", "'?", "' ", "'é", "'漢", "'🚀"]],
  ['Enter and Backspace', '\r\n\x7f\b', ['enter', 'enter', 'backspace', 'backspace']],
  ['Ctrl-C and Ctrl-Z', '\x03\x1a', ['interrupt', 'suspend']],
  ['what is no key here', '\x04\x1c\t\x1b[15~\x1b[Z\x1bx\x1b[I\u202e\x00', []],
])('%s', (_, bytes, keys) => {
  const { stream, keys: read } = keyboard();
  stream.write(bytes);
  expect(read).toEqual(keys);
});

test('a sequence and a letter that come in pieces are one key each', async () => {
  const { stream, keys } = keyboard();
  for (const piece of ['\x1b', '[', '5', '~', '\x1b[', 'A', Buffer.from([0xe6]), Buffer.from([0xbc, 0xa2])]) {
    stream.write(piece);
    await new Promise(setImmediate);
  }
  expect(keys).toEqual(['page_up', 'up', "'漢"]);
});

test('Esc alone is a key after a moment, and what comes later is another', async () => {
  const { stream, keys } = keyboard();
  stream.write('\x1b');
  expect(keys).toEqual([]);
  await expect.poll(() => keys, { timeout: ESCAPE_WAIT_MS * 3, interval: 5 }).toEqual(['escape']);
  stream.write('q');
  expect(keys).toEqual(['escape', "'q"]);
});

test('a keyboard that is gone is an interrupt', async () => {
  const { stream, keys } = keyboard();
  stream.end();
  await expect.poll(() => keys[0]).toBe('interrupt');
});

test('nothing is told after the stop', async () => {
  const { stream, keys, stop } = keyboard();
  stop();
  stream.write('q');
  await sleep(0);
  expect(keys).toEqual([]);
});
