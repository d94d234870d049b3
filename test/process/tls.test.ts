// TLS through the whole program: whom it trusts is what the configuration says.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CERTIFICATE } from '../testing/certificate.js';
import { readHourFiles, testFolder } from '../testing/folder.js';
import { serve } from '../testing/served.js';
import { supervise } from '../testing/supervised.js';

const data = (n: number) => `{"topic":"vouched","n":${n}}`;

test('a topic whose ca_file vouches for the server is captured over TLS, another one refuses the certificate', async () => {
  const folder = await testFolder();
  const ca_file = join(folder, 'ca.pem');
  await writeFile(ca_file, CERTIFICATE.cert);
  const server = await serve(undefined, { tls: CERTIFICATE });
  const streamer = await supervise(folder, {
    topics: [{ topic: 'vouched', ca_file }, 'stranger'],
    ws_url: server.url,
  });
  const connection = await server.nextConnection(15_000);
  expect(await connection.acceptSubscribe()).toEqual(['vouched']);
  const messages = Array.from({ length: 1_000 }, (_, i) => data(i + 1));
  for (const message of messages) connection.sendText(message);
  await streamer.until('all written', ({ total_messages }) => total_messages === 1 + messages.length);
  const { topics } = await streamer.until('the refusal', ({ topics }) =>
    topics.some(({ topic, error }) => topic === 'stranger' && error !== null),
  );
  const errors = new Map(topics.map(({ topic, error }) => [topic, error]));
  expect(errors.get('vouched')).toBe(null);
  expect(errors.get('stranger')).toContain('self-signed certificate');
  streamer.signal('SIGTERM');
  expect(await streamer.ended).toBe(0);
  const texts = Object.values(await readHourFiles(streamer.output_dir));
  expect(texts.flatMap((text) => text.split('\n').slice(0, -1)).slice(1)).toEqual(messages);
});
