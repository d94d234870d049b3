// Text for a terminal: its width is counted in columns, not in characters, and it is cut, padded and wrapped by them.
// What came from outside must be printable first (src/shared/printable.ts).

const ZERO_WIDTH = /^\p{M}$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

const ASCII = /^[ -~]*$/;

function charWidth(char: string): number {
  if (char < '\u0300') return 1;
  if (ZERO_WIDTH.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

/** Columns that the text takes on a terminal. It must have been escaped. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** The longest part of the text's beginning that takes at most `width` columns. */
function takeStart(text: string, width: number): string {
  let used = 0;
  let end = 0;
  for (const char of text) {
    used += charWidth(char);
    if (used > width) break;
    end += char.length;
  }
  return text.slice(0, end);
}

/** The longest part of the text's end that takes at most `width` columns. */
function takeEnd(text: string, width: number): string {
  const chars = [...text];
  let used = 0;
  let start = chars.length;
  while (start > 0) {
    used += charWidth(chars[start - 1] ?? '');
    if (used > width) break;
    start -= 1;
  }
  return chars.slice(start).join('');
}

/** The text in at most `width` columns: what is too much is taken out at the end and replaced by `…`. */
export function cutEnd(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return width < 1 ? '' : `${takeStart(text, width - 1)}…`;
}

/** The text in at most `width` columns: what is too much is taken out at the beginning and replaced by `…`. */
export function cutStart(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return width < 1 ? '' : `…${takeEnd(text, width - 1)}`;
}

/** The text in at most `width` columns: what is too much is taken out of the middle and replaced by `…`. */
export function cutMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return '';
  const end_width = Math.floor((width - 1) / 2);
  return `${takeStart(text, width - 1 - end_width)}…${takeEnd(text, end_width)}`;
}

/** Exactly `width` columns for a text that takes no more. */
export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

/** Lines of at most `width` columns, broken at blanks where there are some; after `lines_max` the rest is cut. */
export function wrap(text: string, width: number, lines_max: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (textWidth(rest) > width && lines.length < lines_max - 1) {
    const start = takeStart(rest, width);
    const blank = start.lastIndexOf(' ');
    const line = blank > 0 ? start.slice(0, blank) : start;
    // A width that no character fits in would never get anywhere.
    if (line === '') break;
    lines.push(line);
    rest = rest.slice(line.length).trimStart();
  }
  return [...lines, cutEnd(rest, width)];
}
