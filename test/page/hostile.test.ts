// Names and messages as an enemy would choose them: on the dashboard of a real supervisor, and in the page that
// `verify --html` writes of what was captured, they are text and nothing else, and break neither page.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { printable } from '../../src/shared/printable.js';
import { findings } from '../testing/axe.js';
import { launchBrowser, openPage, SIZES } from '../testing/browser.js';
import { testFolder } from '../testing/folder.js';
import { startMoodyFeed } from '../testing/moody-feed.js';
import { runCommand, supervise } from '../testing/supervised.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const BAD = '<img src=x onerror="document.title=\'bad\'">';
const END = '</script><script>document.title="bad"</script><!--';

/** Of each topic its name, its messages, and what is shown of one. */
const TOPICS: readonly (readonly [name: string, message: string | Buffer, shown: string])[] = [
  [BAD, JSON.stringify({ [BAD]: END }), '"</script><script>document.title='],
  [END, END, END],
  ['"]\')}{&quot;&amp;</b>%3Cb%3E', '{"__proto__":{"polluted":"yes"}}', '"yes"'],
  ['__proto__', '\u0000\u001b[31m\u202egpj.exe \u2028', '\\u0000\\u001b[31m\\u202egpj.exe \\u2028'],
  ['constructor', '"'.repeat(100_000), '"""""'],
  ['a/b?c#d=e&f+g%20h', JSON.stringify({ text: 'x'.repeat(100_000) }), 'xxxxx'],
  ['../../etc/passwd', JSON.stringify(Array.from({ length: 500 }, () => [[['deep']]])), '[500 values]'],
  ['\u202egnp.exe \u200b', '[[[[[', '[[[[['],
  ['long'.repeat(45), `{"${'k'.repeat(500)}":null}`, 'kkkkk'],
  ['🙂'.repeat(15), '"\\ud800 🙂"', '🙂'],
  ['  white  space  ', '{"n":123456789012345678901234567890}', '123456789012345678901234567890'],
  ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), ''],
];
const NAMES = TOPICS.map(([name]) => name);
const MESSAGES = new Map(TOPICS.map(([name, message]) => [name, message]));

/** Nothing that a name or a message holds has become an element, or ran. */
async function expectNothingStrange(page: Page): Promise<void> {
  const strange = page.locator('img, iframe, object, b, i, body script, [onerror], [onclick]');
  const own = page.locator('#report-data, #report-data ~ script');
  expect(await strange.count()).toBe(await own.count());
  expect(await page.title()).not.toContain('bad');
  expect(await page.evaluate<unknown>('({}).polluted')).toBeUndefined();
}

test('names and messages of an enemy are text, on the dashboard and in the page of verify, and fit a phone', async () => {
  const feed = await startMoodyFeed((topic) => MESSAGES.get(topic) ?? '');
  const topics = NAMES.map((name) => ({ topic: name, name, ws_url: feed.urlOf(name) }));
  const folder = await testFolder();
  const streamer = await supervise(folder, { topics, http_port: 0 });
  const { http_port } = await streamer.until('all but one are written', (status) =>
    status.topics.every(({ name, messages }) => messages > 1 || name === 'no UTF-8'),
  );
  // What has come is enough to look at.
  for (const name of NAMES) feed.silent.add(name);
  const url = `http://127.0.0.1:${http_port}/`;
  const dashboard = await openPage(browser, url, { viewport: SIZES.phone, colorScheme: 'dark' });
  const { page } = dashboard;
  await page
    .locator('tr.topic')
    .nth(NAMES.length - 1)
    .waitFor();
  expect(await findings(page)).toEqual([]);
  for (const [name, , shown] of TOPICS) {
    await page.evaluate(`location.hash = ${JSON.stringify(`#topic=${encodeURIComponent(name)}`)}`);
    const heading = page.locator('.title h2');
    await expect.poll(() => heading.textContent()).toBe(printable(name));
    if (shown !== '') await page.locator('.message').getByText(shown).first().waitFor();
    await page.locator('.picture .line').waitFor();
    await expectNothingStrange(page);
  }
  expect(await findings(page)).toEqual([]);
  await page.goto(`${url}#coverage`);
  await page
    .locator('.picture .line')
    .nth(NAMES.length - 1)
    .waitFor();
  await expectNothingStrange(page);
  expect(await findings(page)).toEqual([]);
  expect(dashboard.complaints).toEqual([]);
  await dashboard.close();

  const report = join(folder, 'report.html');
  const { stderr } = await runCommand(['verify', streamer.output_dir, '--html', report]);
  expect(stderr).toBe('');
  for (const viewport of [SIZES.phone, SIZES.desktop]) {
    const opened = await openPage(browser, pathToFileURL(report).href, { viewport });
    await opened.page
      .locator('.picture .line')
      .nth(NAMES.length - 1)
      .waitFor();
    for (const name of NAMES)
      expect(
        await opened.page.getByRole('rowheader', { name: printable(name) }).count(),
        name,
      ).toBeGreaterThan(0);
    await expectNothingStrange(opened.page);
    expect(await findings(opened.page)).toEqual([]);
    expect(opened.complaints).toEqual([]);
    await opened.close();
  }
}, 60_000);
