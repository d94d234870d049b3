// `verify --html FILE`, with a page that stands in for the built one.

import { existsSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ReportPage } from '../../src/shared/page-data.js';
import { VERSION } from '../../src/shared/version.js';
import { runVerify } from '../../src/verify/main.js';
import { testFolder } from '../testing/folder.js';
import {
  fileOf,
  folderOf,
  gap,
  ledgerText,
  linesOf,
  live,
  START_MS,
  START_S,
  stop,
  wholeFiles,
} from './output.js';

/** Called when the page is prepared and nothing is read yet. */
const afterPrepared = vi.hoisted(() => vi.fn());
// The test's own process keeps its priority.
vi.mock('node:os', async (original) => ({ ...(await original<object>()), setPriority: afterPrepared }));

const BEFORE = '<!doctype html><title>$& null</title><script type="application/json" id="report-data">';
const AFTER = '</script><script>draw()</script>';

async function templateOf(text = `${BEFORE}null${AFTER}`): Promise<URL> {
  const path = join(await testFolder(), 'report.html');
  await writeFile(path, text);
  return pathToFileURL(path);
}

async function run(template: URL, ...argv: string[]): Promise<{ status: number; out: string }> {
  let out = '';
  const status = await runTo(
    (text) => {
      out += text;
    },
    template,
    ...argv,
  );
  return { status, out };
}

/** What is printed goes to `print`. */
async function runTo(print: (text: string) => void, template: URL, ...argv: string[]): Promise<number> {
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation(((text: string, done?: () => void) => {
    print(text);
    done?.();
    return true;
  }) as typeof process.stdout.write);
  onTestFinished(() => spy.mockRestore());
  return runVerify(argv, template).finally(() => spy.mockRestore());
}

function dataOf(page: string): ReportPage {
  expect(page.startsWith(BEFORE) && page.endsWith(AFTER)).toBe(true);
  return JSON.parse(page.slice(BEFORE.length, -AFTER.length));
}

async function failure(...argv: string[]) {
  return run(await templateOf(), ...argv).catch((error) => ({
    status: error.exit_code,
    out: error.sentences,
  }));
}

test('the page has what --json says, beside the usual output and exit status', async () => {
  const files = wholeFiles();
  const records = [gap(START_MS + 5_000, START_MS + 6_000), gap(START_MS + 1_000, START_MS + 2_000)];
  const dir = await folderOf({
    ...files,
    't.ledger': `${files['t.ledger']}${ledgerText(records)}`,
    [fileOf(1)]: linesOf(2),
  });
  const page = join(await testFolder(), 'page.html');
  const { status, out } = await run(await templateOf(), dir, '--json', '--html', page);
  expect(status).toBe(2);
  const report = JSON.parse(out);
  const [topic] = report.topics;
  const data = dataOf(await readFile(page, 'utf8'));
  const { verified_at_ms, verdict } = report;
  expect(data).toMatchObject({ dir: 'out', verified_at_ms, verdict, version: VERSION });
  const { from_ms, to_ms, covered, files: file_count, messages, bytes } = topic;
  expect(data.topics).toMatchObject([
    { name: 't', from_ms, to_ms, covered, files: file_count, messages, bytes, holes: null },
  ]);
  expect(data.topics[0]?.gaps).toEqual([
    { from_ms: START_MS + 1_000, to_ms: START_MS + 2_000, reason: 'disconnected' },
    { from_ms: START_MS + 5_000, to_ms: START_MS + 6_000, reason: 'disconnected' },
  ]);
  const [damage] = topic.damage;
  expect(data.topics[0]?.damage).toEqual([`${damage.file}:${damage.line}  ${damage.sentence}`]);
});

test('--topic, --from and --to bound the page as they bound the rest', async () => {
  const files = wholeFiles();
  const dir = await folderOf({ ...files, 'other.ledger': ledgerText([live(START_MS)]) });
  const page = join(await testFolder(), 'page.html');
  const to = String(START_S + 3_600);
  const asked = [dir, '--topic', 't', '--from', String(START_S), '--to', to, '--html', page];
  expect((await run(await templateOf(), ...asked)).out).toContain('Whole.');
  expect(dataOf(await readFile(page, 'utf8')).topics).toMatchObject([
    { name: 't', from_ms: START_MS, to_ms: START_MS + 3_600_000, files: 1, messages: 5 },
  ]);
});

test('nothing in a name can end the element that holds the data', async () => {
  const name = '</script><script>alert($&)</script><!--';
  const encoded = encodeURIComponent(name).replace(/[!()]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  const dir = await folderOf({ [`${encoded}.ledger`]: ledgerText([live(START_MS), stop(START_MS + 1)]) });
  const page = join(await testFolder(), 'page.html');
  await run(await templateOf(), dir, '--html', page);
  const text = await readFile(page, 'utf8');
  expect(dataOf(text).topics).toMatchObject([{ name }]);
  expect(text.slice(BEFORE.length, -AFTER.length)).not.toContain('<');
});

test('a page that is there is replaced; one in the folder itself is nothing of a topic', async () => {
  const dir = await folderOf(wholeFiles());
  const page = join(dir, 'coverage.html');
  const link = join(await testFolder(), 'link.html');
  await symlink(page, link);
  for (const given of [page, page, link]) {
    const { status, out } = await run(await templateOf(), dir, '--html', given);
    expect({ status, last: out.trimEnd().split('\n').at(-1) }).toEqual({ status: 0, last: 'Whole.' });
    expect(dataOf(await readFile(page, 'utf8')).topics).toMatchObject([{ name: 't' }]);
    await writeFile(page, 'older');
  }
  expect((await readdir(dir)).sort()).toEqual([...Object.keys(wholeFiles()), 'coverage.html'].sort());
});

test('the page is there before the report is printed, which a reader may not read to its end', async () => {
  const page = join(await testFolder(), 'page.html');
  const seen: boolean[] = [];
  const print = () => void seen.push(existsSync(page));
  await runTo(print, await templateOf(), await folderOf(wholeFiles()), '--html', page);
  expect(new Set(seen)).toEqual(new Set([true]));
});

test('where the page cannot be written after all, the report is printed and that is told behind it', async () => {
  const folder = join(await testFolder(), 'pages');
  await mkdir(folder);
  const dir = await folderOf(wholeFiles());
  afterPrepared.mockImplementationOnce(() => rmSync(folder, { recursive: true }));
  let out = '';
  const print = (text: string) => {
    out += text;
  };
  const running = runTo(print, await templateOf(), dir, '--html', join(folder, 'page.html'));
  await expect(running).rejects.toMatchObject({ exit_code: 73 });
  expect(out).toContain('Whole.');
});

test('a page may have the longest name that there is', async () => {
  const dir = await folderOf(wholeFiles());
  const page = join(await testFolder(), `${'頁'.repeat(83)}.html`);
  expect((await run(await templateOf(), dir, '--html', page)).status).toBe(0);
  expect(dataOf(await readFile(page, 'utf8')).verdict).toBe('whole');
});

test('a page that cannot be written is told before anything is read', async () => {
  const dir = await folderOf(wholeFiles());
  await mkdir(join(dir, 'folder.html'));
  const nowhere = join(dir, 'none', 'page.html');
  expect(await failure(dir, '--html', nowhere)).toMatchObject({
    status: 73,
    out: [
      expect.stringMatching(/^The page .*none\/page\.html cannot be written: ENOENT.* Choose another FILE/),
    ],
  });
  expect(await failure(dir, '--html', join(dir, 'folder.html'))).toMatchObject({
    status: 73,
    out: [expect.stringContaining('it is no regular file')],
  });
});

test('a page never takes the name of captured data', async () => {
  const dir = await folderOf(wholeFiles());
  const link = join(await testFolder(), 'coverage.html');
  await symlink(join(dir, 't.ledger'), link);
  const paths = ['t.ledger', fileOf(0), 'x.mark', 'x.jsonl.gz'].map((name) => join(dir, name));
  for (const path of [...paths, link]) {
    const sentence = `--html writes a page, and ${path} is a name for captured data: choose another, like coverage.html.`;
    expect(await failure(dir, '--html', path)).toEqual({ status: 64, out: [sentence] });
  }
  expect((await run(await templateOf(), dir)).status).toBe(0);
});

test('a page that the program lacks, or that has no place for the data, is told in a sentence', async () => {
  const dir = await folderOf(wholeFiles());
  const page = join(await testFolder(), 'page.html');
  for (const template of [pathToFileURL('/nowhere/report.html'), await templateOf('<p>')]) {
    await expect(run(template, dir, '--html', page)).rejects.toMatchObject({
      exit_code: 73,
      sentences: [
        expect.stringMatching(/report\.html, is missing or not whole: install the program anew\.$/),
      ],
    });
  }
});
