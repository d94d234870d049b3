// File names: how a topic's name becomes the stem of its files, and a file's name tells its hour. Shared by
// the writer, the configuration (which refuses a name too long) and whatever reads the output folder.

/** An encoded name longer than this is refused: the rest of 255 bytes is for `_<start>.jsonl` and suffixes. */
export const ENCODED_NAME_BYTES_MAX = 180;

const PLAIN = /^[A-Za-z0-9._\-+=@,]$/;

/**
 * Percent-encodes every byte outside `A–Z a–z 0–9 . _ - + = @ ,` and a leading dot. Two names have two
 * encodings, provided that neither holds half a surrogate pair: the configuration refuses such names.
 */
export function encodeName(name: string): string {
  let encoded = '';
  for (const byte of Buffer.from(name, 'utf8')) {
    const char = String.fromCharCode(byte);
    const plain = PLAIN.test(char) && !(char === '.' && encoded === '');
    encoded += plain ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** `<encoded name>_<start of the hour in Unix seconds>.jsonl`. */
export function hourFileName(encoded_name: string, hour_start_s: number): string {
  return `${encoded_name}_${hour_start_s}.jsonl`;
}

/** What a name like that consists of: the encoded name, the digits, and `.gz` where it was packed since. */
export const HOUR_FILE = /^(.+)_(\d+)\.jsonl(\.gz)?$/;

/** The name of the files for messages of no topic, in a process that topics share; with a dot and a number in others. */
export const CONTROL_NAME = '_control';

export const isControlName = (name: string): boolean =>
  name === CONTROL_NAME || name.startsWith(`${CONTROL_NAME}.`);
