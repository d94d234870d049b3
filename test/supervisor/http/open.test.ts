// Promises of the whole behind `http_port`, with a supervisor that stands in.

import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { StatusDocument } from '../../../src/shared/status.js';
import { openHttp } from '../../../src/supervisor/http/open.js';
import { TopicAccount } from '../../../src/supervisor/topic-account.js';
import { statusDocument, topicStatus } from '../../status-cli/documents.js';
import { testFolder } from '../../testing/folder.js';
import { topicSettings } from '../../testing/topic-settings.js';

async function open(status: () => StatusDocument) {
  const output_dir = await testFolder();
  const log: string[] = [];
  const http = await openHttp(
    { http_port: 0, http_host: '127.0.0.1', http_token: null, output_dir },
    {
      status,
      accounts: new Map([['a', new TopicAccount(topicSettings({ name: 'a' }))]]),
      total_bytes: 0,
      isCaptured: () => false,
      processes: () => [],
      writeLatencies: () => new Map(),
      takeLongestWrites: () => new Map(),
    },
    (level, message) => log.push(`${level} ${message}`),
    pathToFileURL(`${output_dir}/none/`),
  );
  onTestFinished(() => http.close());
  return { http, log, url: `http://127.0.0.1:${http.port}` };
}

test('the log says where it is, and that the page is missing where it is', async () => {
  const { log, url } = await open(() => statusDocument([topicStatus('a')]));
  expect(log).toEqual([
    `info HTTP at ${url}/`,
    'warn HTTP: the page is missing in this installation (index.html, app.js, app.css); the rest is served',
  ]);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('a mistake while somebody listens is a line in the log and reaches nobody else', async () => {
  let is_broken = false;
  const { http, log, url } = await open(() => {
    if (is_broken) throw new Error('broken');
    return statusDocument([topicStatus('a')]);
  });
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  await fetch(`${url}/events`, { signal: abort.signal });
  is_broken = true;
  http.tick();
  http.tick();
  expect(log.slice(2)).toEqual(['error HTTP: the tick failed: broken']);
  expect((await fetch(`${url}/status`)).status).toBe(500);
});
