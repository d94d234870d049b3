// Promises of the status socket, with real clients.

import { once } from 'node:events';
import { existsSync, lstatSync, statSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ExitError } from '../../src/shared/errors.js';
import { StatusServer } from '../../src/supervisor/status-server.js';
import { gate } from '../testing/faulty-disk.js';
import { testFolder } from '../testing/folder.js';
import { askStatus } from '../testing/supervised.js';

const umask = (mask: number) => process.umask(mask);

async function open(path: string, document: () => object | null = () => ({ a: 1 })): Promise<StatusServer> {
  const server = await StatusServer.open(path, document, umask);
  onTestFinished(() => server.close());
  return server;
}

async function refusal(promise: Promise<unknown>): Promise<ExitError> {
  const error = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof ExitError)) throw new Error(`not refused: ${error}`);
  return error;
}

test('whoever connects gets one line of JSON, and the connection is closed', async () => {
  const path = join(await testFolder(), 's.sock');
  await open(path, () => ({ text: 'é\n' }));
  const client = connect(path);
  let text = '';
  client.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await once(client, 'close');
  expect(text).toBe('{"text":"é\\n"}\n');
});

test('who asks before there is a document waits for it', async () => {
  const path = join(await testFolder(), 's.sock');
  const asked = gate();
  let document: object | null = null;
  await open(path, () => {
    asked.open();
    return document;
  });
  const answer = askStatus(path);
  await asked.opened;
  document = { a: 2 };
  expect(await answer).toEqual({ a: 2 });
});

test('the socket is for its owner alone', async () => {
  const path = join(await testFolder(), 's.sock');
  const before = process.umask();
  await open(path);
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(process.umask()).toBe(before);
});

test('what a client sends is ignored', async () => {
  const path = join(await testFolder(), 's.sock');
  await open(path);
  const client = connect(path);
  // The rest of the flood finds the connection closed.
  client.on('error', () => {});
  client.write('x'.repeat(1_000_000));
  let text = '';
  client.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => client.on('close', resolve));
  expect(text).toBe('{"a":1}\n');
});

test('a client that does not read is cut after a second, and others are answered meanwhile', async () => {
  const path = join(await testFolder(), 's.sock');
  await open(path, () => ({ text: 'x'.repeat(4_000_000) }));
  const deaf = connect(path);
  deaf.on('error', () => {});
  await once(deaf, 'connect');
  const before = performance.now();
  expect(await askStatus(path)).toMatchObject({ text: expect.anything() });
  const ended = once(deaf, 'close');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  deaf.resume();
  await ended;
  expect(deaf.bytesRead).toBeLessThan(4_000_000);
  expect(performance.now() - before).toBeLessThan(3_000);
});

test('a client that breaks off at once hurts nobody', async () => {
  const path = join(await testFolder(), 's.sock');
  await open(path, () => ({ text: 'x'.repeat(1_000_000) }));
  for (let i = 0; i < 50; i += 1)
    connect(path)
      .on('error', () => {})
      .destroy();
  expect(await askStatus(path)).toMatchObject({ text: expect.anything() });
});

test('a socket on which somebody answers is refused with 75', async () => {
  const path = join(await testFolder(), 's.sock');
  await open(path);
  const error = await refusal(StatusServer.open(path, () => ({}), umask));
  expect(error.exit_code).toBe(75);
  expect(error.sentences.join()).toContain(`Another instance answers on the status socket ${path}`);
  expect(await askStatus(path)).toEqual({ a: 1 });
});

test('a dead socket file is replaced', async () => {
  const folder = await testFolder();
  const path = join(folder, 's.sock');
  const dead = createServer();
  dead.listen(join(folder, 'other'));
  await once(dead, 'listening');
  // Closing removes the path that was listened on: not this one.
  await rename(join(folder, 'other'), path);
  await new Promise((resolve) => dead.close(resolve));
  expect(lstatSync(path).isSocket()).toBe(true);
  await open(path);
  expect(await askStatus(path)).toEqual({ a: 1 });
});

test('a file that is no socket is left alone, with 73', async () => {
  const path = join(await testFolder(), 's.sock');
  writeFileSync(path, 'precious');
  const error = await refusal(StatusServer.open(path, () => ({}), umask));
  expect(error.exit_code).toBe(73);
  expect(error.sentences.join()).toContain('is no socket');
  expect(statSync(path).size).toBe(8);
});

test('a folder that is not there is named, with 73', async () => {
  const path = join(await testFolder(), 'none', 's.sock');
  const error = await refusal(StatusServer.open(path, () => ({}), umask));
  expect(error.exit_code).toBe(73);
  expect(error.sentences.join()).toContain(path);
});

test('closing removes the socket, but not one that another instance put in its place', async () => {
  const folder = await testFolder();
  const path = join(folder, 's.sock');
  const first = await StatusServer.open(path, () => ({}), umask);
  await first.close();
  expect(existsSync(path)).toBe(false);
  const second = await StatusServer.open(path, () => ({}), umask);
  await rename(path, join(folder, 'moved'));
  await open(path, () => ({ other: true }));
  await second.close();
  expect(await askStatus(path)).toEqual({ other: true });
});
