// `--html FILE`: writes the report as one page that needs nothing else. The page was built beforehand, with a place in
// it for the data; here only the data is put there, so that nothing in a name or a sentence can become a part of the page.
//
// What stands at FILE is replaced at once by the whole page, or stays as it was.

import { randomUUID } from 'node:crypto';
import { access, constants, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pageGap } from '../shared/coverage/ledger-life.js';
import { EXIT_CANNOT_CREATE, EXIT_USAGE, ExitError, errorCode, errorMessage } from '../shared/errors.js';
import type { ReportPage, ReportTopic } from '../shared/page-data.js';
import { VERSION } from '../shared/version.js';
import { isOwnFile } from './folder.js';
import type { Damage, Report, TopicReport } from './report.js';

/** Built from src/page/. */
export const TEMPLATE = new URL('../page/report.html', import.meta.url);
const PLACE = ['<script type="application/json" id="report-data">', 'null', '</script>'] as const;

/** The page without the data. */
interface PageAround {
  readonly before: string;
  readonly after: string;
}

export class ReportFile {
  readonly #given: string;
  readonly #path: string;
  readonly #around: PageAround;

  /**
   * Sees beforehand whether the page can be written: to verify a folder may take hours.
   * @throws ExitError 64 where FILE has the name of a topic's file, 73 where it cannot be written.
   */
  static async prepare(given: string, template: URL): Promise<ReportFile> {
    const path = await realpath(given).catch(() => resolve(given));
    // Also where a link leads to.
    if (isOwnFile(basename(given)) || isOwnFile(basename(path))) {
      const sentence = `--html writes a page, and ${given} is a name for captured data: choose another, like coverage.html.`;
      throw new ExitError(EXIT_USAGE, [sentence]);
    }
    try {
      const found = await stat(path).catch(nullWhereThereIsNone);
      if (found !== null && !found.isFile()) throw new Error('it is no regular file');
      await access(dirname(path), constants.W_OK | constants.X_OK);
      return new ReportFile(given, path, await readTemplate(template));
    } catch (error) {
      throw error instanceof ExitError ? error : cannotWrite(given, error);
    }
  }

  private constructor(given: string, path: string, around: PageAround) {
    this.#given = given;
    this.#path = path;
    this.#around = around;
  }

  /** @throws ExitError 73 where it cannot be written after all. */
  async write(report: Report): Promise<void> {
    // No less-than sign, so that the data cannot end the element that it stands in.
    const data = JSON.stringify(reportPage(report)).replaceAll('<', '\\u003c');
    const page = `${this.#around.before}${data}${this.#around.after}`;
    // Without the page's own name, which may be as long as a name can be.
    const temporary = join(dirname(this.#path), `.coverage.${randomUUID()}.tmp`);
    try {
      await writeFile(temporary, page, { flag: 'wx' });
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw cannotWrite(this.#given, error);
    }
  }
}

async function readTemplate(template: URL): Promise<PageAround> {
  const [open, , close] = PLACE;
  const text = await readFile(template, 'utf8').catch(() => '');
  const [before, after, more] = text.split(PLACE.join(''));
  if (before !== undefined && after !== undefined && more === undefined) {
    return { before: `${before}${open}`, after: `${close}${after}` };
  }
  const sentence = `The page that --html fills, ${fileURLToPath(template)}, is missing or not whole: install the program anew.`;
  throw new ExitError(EXIT_CANNOT_CREATE, [sentence]);
}

function cannotWrite(given: string, error: unknown): ExitError {
  const sentence = `The page ${given} cannot be written: ${errorMessage(error)}. Choose another FILE for --html, or give the right to write there.`;
  return new ExitError(EXIT_CANNOT_CREATE, [sentence]);
}

function nullWhereThereIsNone(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}

function reportPage({ dir, verified_at_ms, verdict, topics }: Report): ReportPage {
  return { dir: basename(dir), verified_at_ms, verdict, version: VERSION, topics: topics.map(reportTopic) };
}

function reportTopic(it: TopicReport): ReportTopic {
  const { topic, from_ms, to_ms, covered, files, messages, bytes } = it;
  const gaps = it.gaps.map(pageGap).sort((a, b) => a.from_ms - b.from_ms);
  const damage = it.damage.map(damageSentence);
  const holes = it.holes?.count ?? null;
  return { name: topic, from_ms, to_ms, gaps, covered, files, messages, bytes, damage, holes };
}

function damageSentence({ file, line, sentence }: Damage): string {
  return `${file}${line === null ? '' : `:${line}`}  ${sentence}`;
}
