import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventCutter } from '../../src/page/event-cutter.js';

test('the events are the same in whatever pieces their text comes', () => {
  const event = fc.record({ name: fc.constantFrom('topics', 'tick', 'step'), data: fc.json() });
  fc.assert(
    fc.property(
      fc.array(event),
      fc.array(fc.nat(60)),
      fc.constantFrom('\n', '\r\n'),
      (events, lengths, end) => {
        const text = events
          .map(({ name, data }) => [`event: ${name}`, `data: ${data}`, ': a comment', '', ''].join(end))
          .join('');
        const seen: { name: string; data: string }[] = [];
        const cut = eventCutter((name, data) => seen.push({ name, data }));
        let at = 0;
        for (const length of lengths) {
          cut(text.slice(at, at + length));
          at += length;
        }
        cut(text.slice(at));
        expect(seen).toEqual(events);
      },
    ),
  );
});

test('what is not ended is no event', () => {
  const seen: string[] = [];
  const cut = eventCutter((_, data) => seen.push(data));
  cut('event: tick\ndata: {"a":1}\n');
  expect(seen).toEqual([]);
  cut('\n');
  expect(seen).toEqual(['{"a":1}']);
});
