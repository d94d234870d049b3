// The version of the package this file belongs to: its package.json lies two folders up, in src as in dist.

import { readFileSync } from 'node:fs';

const package_json = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

export const VERSION: string = package_json.version;

/** What `--version` prints. */
export const VERSION_LINE = `websocket-streamer ${VERSION}`;
