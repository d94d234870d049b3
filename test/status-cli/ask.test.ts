// Asking the socket: what comes back whole, and the sentence for each way in which nothing comes.

import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ANSWER_BYTES_MAX, askStatus, exitStatusOf } from '../../src/status-cli/ask.js';
import { testFolder } from '../testing/folder.js';
import { statusDocument, topicStatus } from './documents.js';
import { documentServer, statusServer } from './status-server.js';

const sentenceOf = async (path: string, timeout_ms = 3000): Promise<string> => {
  const answer = await askStatus(path, { timeout_ms });
  return answer.ok ? 'a document' : answer.sentence;
};

test('a document that comes in many pieces is read whole', async () => {
  const topics = Array.from({ length: 200 }, (_, i) => topicStatus(`tickers.Ä${i}USDT`));
  const text = `${JSON.stringify(statusDocument(topics))}\n`;
  const bytes = Buffer.from(text);
  const server = await statusServer(async (socket) => {
    // The pieces end inside characters, too.
    for (let at = 0; at < bytes.length; at += 7001) {
      await new Promise((resolve) => socket.write(bytes.subarray(at, at + 7001), resolve));
    }
    socket.end();
  });
  const answer = await askStatus(server.path);
  expect(answer.ok && answer.raw.toString()).toBe(text);
  expect(answer.ok && answer.document.topics).toEqual(topics);
});

test('the exit status is 0 with all topics live, 1 with one that is not, 2 without an answer', async () => {
  const live = topicStatus('a');
  const waiting = topicStatus('b', { state: 'waiting' });
  const all = await documentServer(statusDocument([live]));
  const some = await documentServer(statusDocument([live, waiting]));
  expect(exitStatusOf(await askStatus(all.path))).toBe(0);
  expect(exitStatusOf(await askStatus(some.path))).toBe(1);
  expect(exitStatusOf(await askStatus(join(await testFolder(), 'none.sock')))).toBe(2);
});

test('a silent topic is a fault only where silent_after was set by hand', async () => {
  const silent = { silent_since_ms: 1 };
  const shown = await documentServer(statusDocument([topicStatus('a', silent)]));
  const counts = await documentServer(
    statusDocument([topicStatus('a', { ...silent, silence_counts: true })]),
  );
  expect(exitStatusOf(await askStatus(shown.path))).toBe(0);
  expect(exitStatusOf(await askStatus(counts.path))).toBe(1);
});

test('a socket that does not exist is named, with what to do', async () => {
  const path = join(await testFolder(), 'none.sock');
  expect(await sentenceOf(path)).toBe(
    `No streamer is running: there is no status socket ${path}. Start it with "streamer", or name its socket with --socket or status_socket.`,
  );
});

test('a file on which nobody listens is named, with what to do', async () => {
  const path = join(await testFolder(), 'dead.sock');
  await writeFile(path, '');
  expect(await sentenceOf(path)).toBe(
    `No streamer is running: nothing listens on the status socket ${path}. Start it with "streamer", or name its socket with --socket or status_socket.`,
  );
});

test.skipIf(process.getuid?.() === 0)('a socket of another user is called that', async () => {
  const server = await documentServer(statusDocument([]));
  await chmod(server.path, 0);
  expect(await sentenceOf(server.path)).toBe(
    `The status socket ${server.path} belongs to another user: ask as that user.`,
  );
});

test('a server that never answers is given up after the time-out', async () => {
  const server = await statusServer(() => {});
  expect(await sentenceOf(server.path, 100)).toBe(
    `No answer from ${server.path} within 0.1 s: the streamer behind it hangs or is stopped; look at its log.`,
  );
});

test('a server that goes on sending is given up after the time-out', async () => {
  const server = await statusServer((socket) => {
    const timer = setInterval(() => socket.write(' '), 5);
    socket.on('close', () => clearInterval(timer));
  });
  expect(await sentenceOf(server.path, 200)).toMatch(/^No answer from .* within 0\.2 s/);
});

test('an answer of more than 64 MiB is cut off', async () => {
  const block = Buffer.alloc(1024 * 1024, ' ');
  let cut = false;
  const server = await statusServer((socket) => {
    socket.on('close', () => {
      cut = true;
    });
    for (let bytes = 0; bytes <= ANSWER_BYTES_MAX; bytes += block.length) socket.write(block);
  });
  expect(await sentenceOf(server.path, 20_000)).toMatch(/ sent more than 64 MiB and is no streamer/);
  await expect.poll(() => cut).toBe(true);
});

test('an answer without a byte is not taken for a foreign one', async () => {
  const server = await statusServer((socket) => socket.end());
  expect(await sentenceOf(server.path)).toMatch(/ closed the connection without an answer: .*ask again\.$/);
});

test.each([
  ['no JSON', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['half a document', JSON.stringify(statusDocument([topicStatus('a')])).slice(0, -10)],
  ['other JSON', '{"status":"ok"}\n'],
  ['null', 'null\n'],
  ['topics that are none', JSON.stringify({ ...statusDocument([]), topics: [null] })],
  ['a count that is none', JSON.stringify({ ...statusDocument([]), total_messages: 'many' })],
  ['a topic without counts', JSON.stringify({ ...statusDocument([]), topics: [{ topic: 'a' }] })],
])('%s is said to be no status', async (_, text) => {
  const server = await statusServer((socket) => socket.end(text));
  expect(await sentenceOf(server.path)).toBe(
    `What answers on ${server.path} sends no status of a streamer: name the right socket with --socket or status_socket.`,
  );
});

test('a document of a later version, with more in it, is taken', async () => {
  const later = { ...topicStatus('a'), state: 'dreaming', silent: true };
  const server = await documentServer({ ...statusDocument([]), topics: [later], shards: 4 });
  expect((await askStatus(server.path)).ok).toBe(true);
});

test('an abort ends the wait at once', async () => {
  const abort = new AbortController();
  const server = await statusServer(() => abort.abort());
  const answer = await askStatus(server.path, { timeout_ms: 60_000, signal: abort.signal });
  expect(answer.ok).toBe(false);
});
