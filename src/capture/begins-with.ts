// Whether messages begin like a topic's data: asked for each message at full speed, so four bytes are compared at a
// time. It promises: the answer of a comparison byte by byte, and no allocation while the messages lie in one buffer.

const WORD_BYTES = 4;

/**
 * A test for the bytes between `start` and `end`: do they begin with `prefix`? With no prefix all do. It keeps a view
 * of the buffer that it saw last, so it is for one that is used again and again.
 */
export function beginsWith(prefix: Uint8Array): (bytes: Uint8Array, start: number, end: number) => boolean {
  const length = prefix.length;
  const of_prefix = viewOf(prefix);
  const words = Uint32Array.from({ length: Math.floor(length / WORD_BYTES) }, (_, i) =>
    of_prefix.getUint32(i * WORD_BYTES),
  );
  let seen: Uint8Array | null = null;
  let view = of_prefix;
  return (bytes, start, end) => {
    if (end - start < length) return false;
    if (seen !== bytes) {
      seen = bytes;
      view = viewOf(bytes);
    }
    let at = start;
    for (let i = 0; i < words.length; i += 1) {
      if (view.getUint32(at) !== words[i]) return false;
      at += WORD_BYTES;
    }
    for (let i = words.length * WORD_BYTES; i < length; i += 1) {
      if (bytes[at] !== prefix[i]) return false;
      at += 1;
    }
    return true;
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
