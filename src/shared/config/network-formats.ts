// The formats of what goes to the network: the server's URL, the proxy's, the handshake's headers, and where our own
// HTTP server listens and for whom. What ws or Node would refuse only later is refused here, with a sentence.
// Passwords, tokens and the values of headers are not shown.

import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isIP } from 'node:net';
import type { Format } from './formats.js';
import { keyPath, shown, shownUrl } from './mistakes.js';

/** Words of letters, digits and hyphens between dots; a last one of digits alone would be a mistyped address. */
const HOST_NAME =
  /^(?=.{1,253}$)([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)*(?!\d+$)[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i;

/** The handshake is WebSocket's own, and it has no body. */
const OWNED_HEADERS = /^(sec-websocket-.*|connection|upgrade|content-length|transfer-encoding)$/i;

export const webSocketUrl: Format = (value, path) => {
  if (typeof value !== 'string') return [`${path} must be a ws:// or wss:// URL, not ${shown(value)}.`];
  if (parseUrl(value, /^wss?:\/\/[^/]/i) === null) {
    return [`${path} must be a ws:// or wss:// URL, not ${shownUrl(value)}.`];
  }
  // A fragment never reaches the server, and ws refuses it.
  if (value.includes('#')) return [`${path} must have no "#" part, unlike ${shownUrl(value)}.`];
  return [];
};

export const proxyUrl: Format = (value, path) => {
  const allowed = 'a URL of the form http://[user:password@]host:port';
  if (typeof value !== 'string') return [`${path} must be ${allowed}, not ${shown(value)}.`];
  const url = parseUrl(value, /^http:\/\/[^/]/i);
  const good =
    url !== null &&
    url.pathname === '/' &&
    !/[?#]/.test(value) &&
    isDecodable(url.username) &&
    isDecodable(url.password);
  return good ? [] : [`${path} must be ${allowed}, not ${shownUrl(value)}.`];
};

export const headers: Format = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${path} must be an object of header names and texts, not ${shown(value)}.`];
  }
  const seen = new Set<string>();
  return Object.entries(value).flatMap(([name, text]) => {
    const at = keyPath(path, name);
    if (!isAccepted(() => validateHeaderName(name))) return [`${at} is not a header name that HTTP allows.`];
    if (OWNED_HEADERS.test(name)) return [`${at} belongs to the WebSocket handshake: remove it.`];
    if (typeof text !== 'string') return [`${at} must be text, not ${shown(text)}.`];
    if (!isAccepted(() => validateHeaderValue(name, text))) {
      return [`${at} has a character that HTTP does not allow in a header.`];
    }
    if (seen.has(name.toLowerCase())) return [`${at} is there twice: capitals make no difference to HTTP.`];
    seen.add(name.toLowerCase());
    return [];
  });
};

export const hostToListenOn: Format = (value, path) => {
  const good = typeof value === 'string' && (isIP(value) > 0 || HOST_NAME.test(value));
  return good ? [] : [`${path} must be an IP address or a host's name, without a port, not ${shown(value)}.`];
};

/** What the header of a request can carry as it stands. */
export const httpToken: Format = (value, path) =>
  typeof value === 'string' && /^[!-~]{1,512}$/.test(value)
    ? []
    : [`${path} must be a text of 1 to 512 letters, digits and signs of ASCII, without blanks.`];

/** Null for what is no URL that begins so, and for blanks, which the URL parser would drop without a word. */
function parseUrl(text: string, begins: RegExp): URL | null {
  if (!begins.test(text) || /[\s\p{Cc}]/u.test(text)) return null;
  return URL.canParse(text) ? new URL(text) : null;
}

function isDecodable(encoded: string): boolean {
  return isAccepted(() => decodeURIComponent(encoded));
}

function isAccepted(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
