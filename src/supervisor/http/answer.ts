// What a route answers, and how it is sent: the headers that every answer bears, so that a page of ours can run nothing
// and ask nobody but us, and no data stays in a cache.

import type { ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that does not end: who takes it writes on. */
export interface Stream {
  readonly type: string;
  follow(response: ServerResponse): void;
}

export type Handler = (query: URLSearchParams) => Answer | Stream | Promise<Answer | Stream>;

export interface Route {
  /** Whether it holds no data, so that it needs no token. */
  readonly is_open: boolean;
  readonly answer: Handler;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const ALWAYS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export function json(status: number, value: object): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

/** `sentence` says what is wrong, and what to do. */
export function refusal(
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${sentence}\n`, headers };
}

/** Sends the answer, or its headers alone where `is_head`. */
export function send(response: ServerResponse, answer: Answer | Stream, is_head: boolean): void {
  if ('follow' in answer) {
    // A proxy between must hand on what comes as it comes.
    response.writeHead(200, { ...ALWAYS, 'Content-Type': answer.type, 'X-Accel-Buffering': 'no' });
    if (is_head) response.end();
    else answer.follow(response);
    return;
  }
  const { status, type, body, headers } = answer;
  const length = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, { ...ALWAYS, ...length, ...headers });
  response.end(is_head ? undefined : body);
}
