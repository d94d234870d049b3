// Binary frames: what a server packs into them is unpacked to the text that becomes the line.

import { isUtf8 } from 'node:buffer';
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { errorMessage } from '../shared/errors.js';
import type { BinaryPacking } from '../shared/protocol.js';

/**
 * The text of a binary frame, as bytes.
 * @param bytes_max a frame that unpacks to more is refused, so that a small one cannot fill the memory.
 * @throws Error whose message says why the frame holds no text.
 */
export function unpack(packing: BinaryPacking, frame: Buffer, bytes_max: number): Buffer {
  const text = inflate(packing, frame, bytes_max);
  if (!isUtf8(text)) throw new Error('it holds no UTF-8 text');
  return text;
}

function inflate(packing: BinaryPacking, frame: Buffer, bytes_max: number): Buffer {
  const limit = { maxOutputLength: bytes_max };
  try {
    if (packing === 'gzip') return gunzipSync(frame, limit);
    if (packing === 'deflate') return inflateSync(frame, limit);
    if (packing === 'deflate-raw') return inflateRawSync(frame, limit);
    return frame;
  } catch (error) {
    throw new Error(`it does not unpack as ${packing}: ${errorMessage(error)}`);
  }
}
