/** Pixels. All rows are as high, so that their places are known without drawing them. */
export const ROW_HEIGHT = 27;

/** Rows above and below what is seen, so that scrolling shows no empty place. */
const SPARE_ROWS = 12;

/** The rows to draw, and the space of those that are not. */
export interface VisibleRows {
  readonly first: number;
  /** The row behind the last one. */
  readonly end: number;
  readonly spaceAbove: number;
  readonly spaceBelow: number;
}

export function visibleRows(scrollTop: number, viewHeight: number, count: number): VisibleRows {
  const seen = Math.floor(Math.max(0, scrollTop) / ROW_HEIGHT);
  const first = Math.max(0, Math.min(seen, count) - SPARE_ROWS);
  const end = Math.min(count, seen + Math.ceil(viewHeight / ROW_HEIGHT) + SPARE_ROWS);
  return { first, end, spaceAbove: first * ROW_HEIGHT, spaceBelow: (count - end) * ROW_HEIGHT };
}
