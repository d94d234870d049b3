// The files of the page. They are read once, at the start, by fixed names: no request ever reaches the file system.

import { readFile } from 'node:fs/promises';
import { type Handler, type Route, refusal } from './answer.js';

const FILES = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/app.js', file: 'app.js', type: 'text/javascript; charset=utf-8' },
  { path: '/app.css', file: 'app.css', type: 'text/css; charset=utf-8' },
] as const;

export interface Assets {
  readonly routes: ReadonlyMap<string, Route>;
  /** Files that are not there: their paths answer that they are missing. */
  readonly missing: readonly string[];
}

export async function readAssets(folder: URL): Promise<Assets> {
  const found = FILES.map(async ({ path, file, type }) => {
    const body = await readFile(new URL(file, folder)).catch(() => null);
    const answer: Handler = () =>
      body === null
        ? refusal(503, 'The page is missing in this installation: install the program again.')
        : { status: 200, type, body };
    return { path, file, is_missing: body === null, answer };
  });
  const files = await Promise.all(found);
  return {
    routes: new Map(files.map(({ path, answer }): [string, Route] => [path, { is_open: true, answer }])),
    missing: files.filter(({ is_missing }) => is_missing).map(({ file }) => file),
  };
}
