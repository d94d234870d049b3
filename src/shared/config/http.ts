// The keys of the HTTP server together: whoever is not on this machine must show a token.

import { isIP } from 'node:net';
import type { Given } from './given.js';
import type { Checked, Values } from './keys.js';

/** Judges nothing while the server is off. */
export function checkHttp(given: Given, values: Checked<Values>): void {
  const { http_port, http_host, http_token } = values;
  // A token with a mistake is undefined, and its sentence is told already.
  if (http_port == null || http_host === undefined || http_token !== null || isOwn(http_host)) return;
  const [host, token] = [given.pathOf('http_host'), given.pathOf('http_token')];
  given.tell('http_host', [
    `${host} ${http_host} can be reached from other machines: set ${token} as well, or leave ${host} at 127.0.0.1.`,
  ]);
}

/** Whether only this machine can reach it. */
function isOwn(host: string): boolean {
  return (
    host === '::1' || host.toLowerCase() === 'localhost' || (isIP(host) === 4 && host.startsWith('127.'))
  );
}
