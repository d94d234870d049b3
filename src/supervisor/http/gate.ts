// Who may ask: with a token whoever shows it; without one whoever calls this server by an address or by its own name,
// because a page of anybody's could make its own name point to us and then read us through its visitor's browser.

import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether an `Authorization` header shows `token`. It takes as long whatever is wrong about it. */
export function showsToken(header: string | undefined, token: string): boolean {
  const shown = /^Bearer +(.*)$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(shown), digest(token));
}

/** Whether a `Host` header names this machine in a way that nobody else can bend. */
export function isOwnHost(header: string | undefined, http_host: string): boolean {
  const [, in_brackets, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header ?? '') ?? [];
  if (in_brackets !== undefined) return isIP(in_brackets) === 6;
  const name = plain?.toLowerCase() ?? '';
  return isIP(name) === 4 || name === 'localhost' || name === http_host.toLowerCase();
}
