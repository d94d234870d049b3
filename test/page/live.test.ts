// The dashboard on a real supervisor that captures a feed of the test's own: what goes wrong is on the page within
// seconds, in words and in the topic's row, and stays there as a gap with its reason.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { testFolder } from '../testing/folder.js';
import { startMoodyFeed } from '../testing/moody-feed.js';
import { onePage } from '../testing/one-page.js';
import { type Supervised, supervise } from '../testing/supervised.js';

const { open, expectComplaints } = onePage();

/** A supervisor of these topics, all live, and where its page is. */
async function capture(
  topics: readonly object[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly streamer: Supervised; readonly url: string }> {
  const folder = await testFolder();
  const streamer = await supervise(folder, { topics, http_port: 0, ...settings });
  const { http_port } = await streamer.until('the HTTP server', (status) => status.http_port !== null);
  return { streamer, url: `http://127.0.0.1:${http_port}/` };
}

const rowOf = (page: Page, name: string) => page.locator(`tr[data-name="${name}"]`);
const answer = (page: Page, words: RegExp) => page.getByRole('heading', { level: 1, name: words }).waitFor();

/** The topic, opened, has a gap for that reason: in its list, and in its picture. */
async function expectGap(page: Page, name: string, reason: string): Promise<void> {
  await rowOf(page, name).getByRole('link').click();
  await page.getByRole('heading', { level: 2, name }).waitFor();
  await page.locator('.columns .gaps').getByText(reason).first().waitFor();
  const cell = page.locator(`.line[data-name="${name}"] [data-hour][aria-label*="${reason}"]`).last();
  await cell.waitFor();
  expect(Number(await cell.getAttribute('data-share'))).toBeLessThan(1);
  expect(await cell.getAttribute('class')).not.toContain('whole');
}

test('a capture process that is killed is told, restarted, and leaves a gap: crash', async () => {
  const feed = await startMoodyFeed();
  const topics = ['calm', 'killed'].map((topic) => ({ topic, ws_url: feed.urlOf(topic) }));
  const { streamer, url } = await capture(topics);
  const page = await open(url);
  await answer(page, /^2 of 2 topics live, 0 gaps today, .* msg\/min/);
  const status = await streamer.until('both are written', (it) => it.topics.every((t) => t.messages > 20));
  process.kill(status.topics.find(({ name }) => name === 'killed')?.pid ?? 0, 'SIGKILL');
  await answer(page, /^1 of 2 topics live/);
  await rowOf(page, 'killed').getByText('1 restart').waitFor();
  await rowOf(page, 'killed').getByText('1 gap, 1 restart').waitFor();
  expect(await rowOf(page, 'calm').locator('.trouble').innerText()).toBe('');
  await expectGap(page, 'killed', 'crash (the capture died)');
  await page.locator('.log').getByText('SIGKILL').first().waitFor();
  await answer(page, /^2 of 2 topics live, 1 gap today/);
});

test('a topic that falls silent is told, and that it speaks again', async () => {
  const feed = await startMoodyFeed();
  const topics = ['calm', 'shy'].map((topic) => ({ topic, ws_url: feed.urlOf(topic), silent_after: 1 }));
  const { url } = await capture(topics);
  const page = await open(url);
  await answer(page, /^2 of 2 topics live, 0 gaps/);
  feed.silent.add('shy');
  await answer(page, /^2 of 2 topics live, 1 silent, 0 gaps/);
  await rowOf(page, 'shy').getByText('live, silent').waitFor();
  // The worst stands first.
  expect(await page.locator('tr.topic').first().getAttribute('data-name')).toBe('shy');
  feed.silent.delete('shy');
  await answer(page, /^2 of 2 topics live, 0 gaps/);
  await rowOf(page, 'shy').getByText('live', { exact: true }).waitFor();
});

test('a topic whose server is gone, or refuses it, is told with the reason, and comes back with a gap', async () => {
  const feed = await startMoodyFeed();
  feed.refused.add('refused');
  const topics = ['cut', 'refused'].map((topic) => ({ topic, ws_url: feed.urlOf(topic) }));
  const { streamer, url } = await capture(topics);
  const page = await open(url);
  await answer(page, /^1 of 2 topics live/);
  await rowOf(page, 'refused').getByText('handler not found: refused').waitFor();
  await rowOf(page, 'refused').getByText('rejected', { exact: true }).waitFor();

  feed.absent.add('cut');
  feed.cut('cut');
  await answer(page, /^0 of 2 topics live/);
  await rowOf(page, 'cut').getByText('waiting', { exact: true }).waitFor();
  await rowOf(page, 'cut').getByText('503').waitFor();
  feed.absent.delete('cut');
  await rowOf(page, 'cut').getByText('1 gap').waitFor();
  await expectGap(page, 'cut', 'disconnected (the connection was lost)');

  // It would be tried again in a minute; its process starts anew at once.
  feed.refused.delete('refused');
  const { topics: all } = await streamer.status();
  process.kill(all.find(({ name }) => name === 'refused')?.pid ?? 0, 'SIGKILL');
  await answer(page, /^2 of 2 topics live, 1 gap today/);
});

test('a page that is left open over a restart of the supervisor shows the new one, with the gap between', async () => {
  const feed = await startMoodyFeed();
  const topic = (name: string) => ({ topic: name, ws_url: feed.urlOf(name) });
  const { streamer, url } = await capture([topic('kept'), topic('removed')]);
  await streamer.until('both are written', (it) => it.topics.every(({ messages }) => messages > 20));
  const page = await open(`${url}#coverage`);
  await page.locator('.line[data-name="removed"]').waitFor();
  streamer.signal('SIGTERM');
  expect(await streamer.ended).toBe(0);
  await answer(page, /^not running for \d+ s$/);
  const http_port = Number(new URL(url).port);
  await supervise(streamer.folder, { topics: [topic('kept'), topic('added')], http_port });
  await answer(page, /^2 of 2 topics live, 1 gap today/);
  // The picture asks again by itself: it must not name a topic that is no more.
  await page.locator('.line[data-name="added"]').waitFor();
  expect(await page.locator('.line[data-name="removed"]').count()).toBe(0);
  await page.getByRole('link', { name: 'Topics' }).click();
  await expectGap(page, 'kept', 'stopped (the capture was stopped)');
  // The browser itself tells of refused connections.
  expectComplaints('net::ERR_');
});

test('with http_token the page asks for it once, and so must a monitor show it', async () => {
  const feed = await startMoodyFeed();
  const http_token = 'correct-horse';
  const { url } = await capture([{ topic: 'a', ws_url: feed.urlOf('a') }], { http_token });
  const page = await open(url);
  const input = page.getByLabel('The server wants its token');
  await input.fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('The server refused that token.').waitFor();
  await input.fill(http_token);
  await page.keyboard.press('Enter');
  await answer(page, /^1 of 1 topic live/);
  await rowOf(page, 'a').getByRole('link').click();
  await page.locator('.line[data-name="a"] .cell.whole').first().waitFor();
  await page.locator('.message').getByText('"a"', { exact: true }).waitFor();
  await page.reload();
  await answer(page, /^1 of 1 topic live/);
  expect(await page.locator('form').count()).toBe(0);
  // The browser itself tells of each 401.
  expectComplaints('401');

  const statusOf = async (path: string, authorization: string) =>
    (await fetch(url + path, { headers: { authorization } })).status;
  for (const path of ['healthz', 'metrics']) {
    expect(await statusOf(path, 'Bearer wrong')).toBe(401);
    expect(await statusOf(path, `Bearer ${http_token}`)).toBe(200);
  }
});
