// A server that sends without being asked: the path of the URL tells what.

import { none as preset } from '../../shared/protocols/none.js';
import { type Exchange, lower, sideOf } from './exchange.js';

export const none: Exchange = {
  preset,
  title: 'a server that nobody has to ask',
  kinds: [
    {
      topic: (coin) => `${lower(coin)}-prices`,
      message: (tick, { topic }) => ({
        feed: topic,
        n: tick.number,
        at_ms: tick.ms,
        price: tick.price,
        size: tick.size,
        side: sideOf(tick),
      }),
    },
  ],
};
