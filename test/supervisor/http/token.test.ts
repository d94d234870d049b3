// Promises about who may ask where `http_token` is set.

import { expect, test } from 'vitest';
import { get, say, serve, statusOf } from './asking.js';

const http_token = 'a.long-token_of+64/chars==!?';

test('with a token whatever holds data needs it, from everywhere and under every name', async () => {
  const { server } = await serve({ http_token });
  for (const host of ['127.0.0.1', 'capture.example']) {
    for (const path of ['/data', '/broken', '/none', '/large']) {
      const answer = await get(server.port, path, `Host: ${host}`);
      expect(statusOf(answer), path).toBe(401);
      expect(answer).toContain('\r\nWWW-Authenticate: Bearer realm="streamer"\r\n');
      expect(answer).not.toContain(http_token);
    }
    const shown = await get(server.port, '/data', `Host: ${host}`, `Authorization: Bearer ${http_token}`);
    expect(statusOf(shown)).toBe(200);
  }
});

test('the shell of the page needs none', async () => {
  const { server } = await serve({ http_token });
  expect(statusOf(await get(server.port, '/', 'Host: capture.example'))).toBe(200);
});

test('what is not the token whole opens nothing', async () => {
  const { server } = await serve({ http_token });
  const wrong = [
    '',
    http_token,
    'Bearer',
    'Bearer ',
    `Bearer ${http_token}x`,
    `Bearer ${http_token.slice(0, -1)}`,
    `Bearer ${http_token.toUpperCase()}`,
    `Basic ${http_token}`,
    `Bearer  x${http_token}`,
    `Bearer ${http_token} ${http_token}`,
  ];
  for (const value of wrong) {
    expect(statusOf(await get(server.port, '/data', 'Host: a', `Authorization: ${value}`)), value).toBe(401);
  }
  expect(statusOf(await get(server.port, `/data?token=${http_token}`, 'Host: a'))).toBe(401);
});

test('the scheme may be written in any case', async () => {
  const { server } = await serve({ http_token });
  const answer = await get(server.port, '/data', 'Host: a', `authorization: bEARER ${http_token}`);
  expect(statusOf(answer)).toBe(200);
});

test('another method is refused before the token is looked at', async () => {
  const { server } = await serve({ http_token });
  expect(statusOf(await say(server.port, 'POST /data HTTP/1.1\r\nHost: a\r\n\r\n'))).toBe(405);
});
