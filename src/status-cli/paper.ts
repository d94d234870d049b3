// What the status is drawn on: how wide and high it is, and whether it takes colours.

export interface Paper {
  /** Columns of the terminal; null: no limit. */
  readonly width: number | null;
  /** Lines that may be drawn; null: no limit. */
  readonly rows: number | null;
  readonly colour: boolean;
}

const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof SGR;

/** The text in that style where the paper takes colours and there is something to see. */
export function paint(paper: Paper, text: string, style: Style | null): string {
  return paper.colour && style !== null && text.trim() !== '' ? `\x1b[${SGR[style]}m${text}\x1b[0m` : text;
}

export const widthOf = (paper: Paper): number => paper.width ?? Number.POSITIVE_INFINITY;
export const rowsOf = (paper: Paper): number => paper.rows ?? Number.POSITIVE_INFINITY;
