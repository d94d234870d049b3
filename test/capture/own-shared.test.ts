// The README's example of a protocol of one's own whose topics share a connection: asked for, answered, told apart.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { understand } from '../../src/capture/answers.js';
import { requestsFor } from '../../src/capture/requests.js';
import { Router } from '../../src/capture/router.js';
import { load } from '../shared/config/loading.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test("the README's topics share requests, are confirmed together and told apart", () => {
  const [, section = ''] = README.split('its topics can share a connection:');
  const { topics } = load(JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? '')).settings;
  const names = topics.map(({ topic }) => topic);
  const protocol = topics[0]?.protocol;
  if (protocol === undefined) throw new Error('no topic');
  const router = new Router(protocol, names);
  let last = 0;
  const asked = names.map((topic, number) => ({ number, topic }));
  const requests = requestsFor(protocol, 'subscribe', asked, { nextId: () => String(++last), now_ms: 0 });
  expect(requests).toEqual([
    {
      text: '{"cmd":"sub","id":1,"channel":"trades","markets":["BTC-EUR","ETH-EUR"]}',
      id: '1',
      topics: [0, 1],
    },
    { text: '{"cmd":"sub","id":2,"channel":"book","markets":["BTC-EUR"]}', id: '2', topics: [2] },
  ]);
  const hear = (message: object) =>
    understand(protocol, router, Buffer.from(JSON.stringify(message)), requests);
  expect(hear({ cmd: 'sub', id: 1, ok: true }).confirmed).toEqual([0, 1]);
  expect(hear({ cmd: 'sub', id: 1, ok: false, why: 'no market ETH-EUR in trades' })).toMatchObject({
    refused: [1],
    split: [0],
  });
  const data = Buffer.from('{"channel":"trade","market":"ETH-EUR","price":1}');
  expect(router.begin(data, 0, data.length)).toBe(1);
  expect(router.find(Buffer.from('{"market":"BTC-EUR","channel":"book"}'))).toBe(2);
});
