// Text that came from outside (a file's name, a server's words, a flag), made fit for a terminal or a log: nothing
// in it can move the cursor, change a colour, turn the line around or begin another one.

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text with control, format and bidirectional characters and lone surrogates written as `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** A URL without its password, for logs and reports. */
export function withoutPassword(url: string): string {
  return url.replace(/^([^/]*\/\/[^/?#]*:)[^/?#]*@/, '$1***@');
}
