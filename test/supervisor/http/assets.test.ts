// Promises about the files of the page.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { readAssets } from '../../../src/supervisor/http/assets.js';
import { testFolder } from '../../testing/folder.js';
import { serve } from './asking.js';

test('the files that have a name are served with their types, and no others of the folder', async () => {
  const folder = await testFolder();
  for (const file of ['index.html', 'app.js', 'app.css', 'report.html', 'secret']) {
    writeFileSync(join(folder, file), `this is ${file}`);
  }
  const { routes, missing } = await readAssets(pathToFileURL(`${folder}/`));
  expect(missing).toEqual([]);
  const { url } = (await serve({}, routes)).server;
  const types = { '': 'text/html', 'app.js': 'text/javascript', 'app.css': 'text/css' };
  for (const [path, type] of Object.entries(types)) {
    const response = await fetch(url + path);
    expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
    expect(await response.text()).toBe(`this is ${path === '' ? 'index.html' : path}`);
  }
  for (const path of ['index.html', 'report.html', 'secret', 'app.js/']) {
    expect((await fetch(url + path)).status, path).toBe(404);
  }
});

test('they are read once: a folder that changes changes nothing', async () => {
  const folder = await testFolder();
  writeFileSync(join(folder, 'app.js'), 'before');
  const { routes } = await readAssets(pathToFileURL(`${folder}/`));
  writeFileSync(join(folder, 'app.js'), 'after');
  const { url } = (await serve({}, routes)).server;
  expect(await (await fetch(`${url}app.js`)).text()).toBe('before');
});

test('a file that is missing is named, and its path says so', async () => {
  const folder = await testFolder();
  writeFileSync(join(folder, 'app.js'), '');
  const { routes, missing } = await readAssets(pathToFileURL(`${folder}/`));
  expect([...missing].sort()).toEqual(['app.css', 'index.html']);
  const response = await fetch((await serve({}, routes)).server.url);
  expect(response.status).toBe(503);
  expect(await response.text()).toBe(
    'The page is missing in this installation: install the program again.\n',
  );
});
