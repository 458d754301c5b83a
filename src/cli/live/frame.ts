import { formatBitRate, formatCount, formatOctets, formatSpan } from '../../flow/index.ts';
import { printableText } from '../../runtime/index.ts';
import { cutToWidth } from '../text/index.ts';
import type { LiveFlow, LiveTotals } from './live-flows.ts';

/** The content of one frame. */
export interface Picture {
  readonly host: string;
  /** In monotonic time. */
  readonly nowMs: number;
  readonly startedMs: number;
  readonly totals: LiveTotals;
  /** The busiest first; as many as fit are drawn. */
  readonly flows: readonly LiveFlow[];
  /** Records that the ledger counts as lost. */
  readonly lost: number;
  readonly http: string;
  /** The link of the console. */
  readonly console?: string | undefined;
  /** The current message, one line. */
  readonly message: string | undefined;
  /** A temporary hint, in place of the last line. */
  readonly notice?: string | undefined;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Marks up lines; the visible width stays the same. */
export interface Style {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly alarm: (text: string) => string;
}

export const plainStyle: Style = { strong: (text) => text, faint: (text) => text, alarm: (text) => text };

export const colourStyle: Style = {
  strong: (text) => `\x1b[1m${text}\x1b[22m`,
  faint: (text) => `\x1b[2m${text}\x1b[22m`,
  alarm: (text) => `\x1b[31m${text}\x1b[39m`,
};

/** Lines around the table of flows: totals above, titles; a gap or the link, and the footer below. */
const LINES_AROUND = 6;

/** The rows of flows that fit. */
export const roomFor = ({ rows }: Size): number => Math.max(1, rows - LINES_AROUND);

interface Cell {
  readonly title: string;
  readonly width: number;
  /** The highest are left out first on a narrow terminal; 0 is never left out. */
  readonly dispensable: number;
  readonly alignRight: boolean;
  readonly text: (flow: LiveFlow, nowMs: number) => string;
}

const numberCell = (title: string, width: number, dispensable: number, text: Cell['text']): Cell => ({
  title,
  width,
  dispensable,
  alignRight: true,
  text,
});

const protocol: Cell = {
  title: 'PROTO',
  width: 6,
  dispensable: 0,
  alignRight: false,
  text: (flow) => flow.protocol,
};

const figures: readonly Cell[] = [
  numberCell('RATE', 11, 0, ({ rate }) => (rate === 0 ? '' : formatBitRate(rate))),
  numberCell('RATE BACK', 11, 0, ({ reverseRate }) => (reverseRate === 0 ? '' : formatBitRate(reverseRate))),
  numberCell('OCTETS', 7, 1, ({ octets }) => formatOctets(octets)),
  numberCell('BACK', 7, 1, ({ reverseOctets }) => formatOctets(reverseOctets)),
  numberCell('AGE', 7, 2, ({ startMs, endMs }, nowMs) => formatSpan((endMs ?? nowMs) - startMs)),
  {
    title: 'STATE',
    width: 11,
    dispensable: 3,
    alignRight: false,
    text: ({ state, endMs }) => (endMs === undefined ? state : 'ended'),
  },
];

/** Minimum width of each end; below it, a column of figures is left out instead. */
const LEAST_END = 21;

/** The frame as lines that fit the size in both directions. */
export function drawFrame(picture: Picture, size: Size, style: Style): string[] {
  const { cells, endWidth } = fittingCells(size.columns);
  const lineOf = (text: string) => cutToWidth(printableText(text), size.columns);
  const source: Cell = { ...protocol, title: 'SOURCE', width: endWidth, text: (flow) => flow.source };
  const destination: Cell = { ...source, title: 'DESTINATION', text: (flow) => flow.destination };
  const layout = [protocol, source, destination, ...cells];
  const rowOf = (text: (cell: Cell) => string) =>
    lineOf(
      layout.map((cell) => padToWidth(cutToWidth(printableText(text(cell)), cell.width), cell)).join('  '),
    );

  const flows = picture.flows.slice(0, roomFor(size)).map((flow) => {
    const text = rowOf((cell) => cell.text(flow, picture.nowMs));
    if (flow.state === 'DROPPED' || flow.state === 'REJECTED') return style.alarm(text);
    return flow.endMs === undefined ? text : style.faint(text);
  });
  if (flows.length === 0) flows.push(style.faint(lineOf('waiting for the first connection')));

  const lost = lineOf(`${formatCount(picture.lost)} lost${picture.lost === 0 ? '' : ': see /ledger'}`);
  return [
    style.strong(lineOf(titleLine(picture, size.columns))),
    lineOf(totalsLine(picture)),
    picture.lost === 0 ? style.faint(lost) : style.alarm(lost),
    style.faint(rowOf((cell) => cell.title)),
    ...flows,
    picture.console === undefined ? '' : style.faint(linkLine(picture.console, size.columns)),
    picture.message === undefined
      ? style.faint(lineOf(picture.notice ?? footerLine(picture)))
      : style.alarm(lineOf(picture.message)),
  ].slice(0, size.rows);
}

function titleLine({ host, nowMs, startedMs }: Picture, columns: number): string {
  const left = `weir  ${host}`;
  const right = `for ${formatSpan(nowMs - startedMs)}`;
  return left + ' '.repeat(Math.max(2, columns - left.length - right.length)) + right;
}

function totalsLine({ totals }: Picture): string {
  const perSecond = (count: number) => (count > 0 && count < 10 ? count.toFixed(1) : count.toFixed(0));
  return [
    countText(totals.open, 'flow'),
    formatBitRate(totals.rate),
    `${formatBitRate(totals.reverseRate)} back`,
    `${perSecond(totals.newPerSecond)} new/s`,
    `${perSecond(totals.endedPerSecond)} ended/s`,
    countText(totals.records, 'record'),
  ].join('   ');
}

const footerLine = ({ http }: Picture): string =>
  `Ctrl-C ends and prints the ledger   ${http}/flows   /ledger   /metrics`;

/** A link that is cut leads nowhere. Browsers know the scheme of a short one. */
function linkLine(link: string, columns: number): string {
  const short = link.replace(/^http:\/\//, '');
  return (
    [`console  ${link}`, link, short].find((text) => text.length <= columns) ??
    'console  widen the terminal for its link'
  );
}

/** The figures that fit, and the width of each end. */
function fittingCells(columns: number): { cells: readonly Cell[]; endWidth: number } {
  for (let least = 4; least > 0; least--) {
    const cells = figures.filter(({ dispensable }) => dispensable < least);
    const taken = [protocol, ...cells].reduce((sum, { width }) => sum + width + 2, 2);
    const endWidth = Math.floor((columns - taken) / 2);
    if (endWidth >= LEAST_END || least === 1) return { cells, endWidth: Math.max(8, Math.min(endWidth, 47)) };
  }
  return { cells: [], endWidth: LEAST_END };
}

const padToWidth = (text: string, { width, alignRight }: Cell): string =>
  alignRight ? text.padStart(width) : text.padEnd(width);

const countText = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
