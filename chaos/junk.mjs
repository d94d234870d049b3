// What no honest server sends, or few do. Texts that the contract calls messages bear a number, so that the judge
// asks for them as for any other.

/** Kinds that the client must survive without losing the connection, and kinds that must end it. */
export const JUNK_KINDS = [
  'binary',
  'text',
  'pieces',
  'empty',
  'invalid_utf8',
  'oversize',
  'opcode',
  'masked',
];

/**
 * @param {string} kind one of `JUNK_KINDS`
 * @param {import('ws').WebSocket} socket
 * @param {(write: (n: number) => string) => string} number notes a text as a numbered message
 * @returns {boolean} whether the connection must end of it
 */
export function writeJunk(kind, socket, number) {
  const raw = (...bytes) => socket._socket.write(Buffer.from(bytes));
  switch (kind) {
    case 'binary':
      socket.send(Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3]));
      return false;
    case 'text': {
      // Line breaks inside are written as spaces; the judge knows the text as it must stand in the file.
      const text = number((n) => `no JSON {"n":${n},"t":${Date.now()} \u00e4\u{1f600} `);
      socket.send(`${text.slice(0, -1)}\n`);
      return false;
    }
    case 'pieces': {
      const bytes = Buffer.from(number((n) => `{"topic":"in pieces \u00fc","n":${n},"t":${Date.now()}}`));
      // The cut goes through a character of two bytes.
      const at = bytes.indexOf(0xc3) + 1;
      socket.send(bytes.subarray(0, at), { fin: false, binary: false });
      socket.ping();
      socket.send(bytes.subarray(at), { fin: true, binary: false });
      return false;
    }
    case 'empty':
      socket.send('');
      return false;
    case 'invalid_utf8':
      raw(0x81, 0x02, 0xc3, 0x28);
      return true;
    case 'oversize':
      socket.send('x'.repeat(300 * 1024));
      return true;
    case 'opcode':
      raw(0x83, 0x00);
      return true;
    case 'masked':
      raw(0x81, 0x81, 1, 2, 3, 4, 5);
      return true;
    default:
      throw new RangeError(`no such junk: ${kind}`);
  }
}
