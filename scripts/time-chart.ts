/** A chart over time as SVG: lines, shaded spans, and moments that are marked and named. */
export interface TimeChart {
  title: string;
  subtitle: string;
  /** Milliseconds since 1970; the time axis begins with 0:00. */
  from: number;
  to: number;
  timeAxis: string;
  valueAxis: string;
  /** Formats a value of the axis, without its unit. */
  format: (value: number) => string;
  lines: ChartLine[];
  spans: ChartSpan[];
  moments: ChartMoment[];
}

export interface ChartLine {
  name: string;
  colour: string;
  dashed?: boolean;
  points: [timeMs: number, value: number][];
}

export interface ChartSpan {
  name: string;
  colour: string;
  from: number;
  to: number;
}

export interface ChartMoment {
  name: string;
  at: number;
}

const width = 1040;
const margin = { left: 74, right: 116, top: 76, bottom: 104 }; // room on the right for the last moment's name
const plot = { width: width - margin.left - margin.right, height: 280 };
const rowHeight = 18;
const ink = '#24292f';
const faint = '#6e7781';

export function renderTimeChart(chart: TimeChart): string {
  const { lines, spans, moments, from, to } = chart;
  const xOf = (time: number): number => ((time - from) / (to - from)) * plot.width;
  const most = Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value)));
  const step = roundStep(most / 5);
  const top = Math.ceil((most * 1.03) / step) * step;
  const yOf = (value: number): number => plot.height * (1 - value / top);

  const placed = inRows(
    moments.toSorted((one, other) => one.at - other.at).map((each) => ({ ...each, x: xOf(each.at) })),
  );
  const rows = Math.max(0, ...placed.map(({ row }) => row + 1));
  const plotTop = margin.top + rows * rowHeight;
  const height = plotTop + plot.height + margin.bottom;

  const values = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  const seconds = secondsUntil((to - from) / 1000);
  const timeOf = (second: number): number => xOf(from + second * 1000);

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="'DejaVu Sans', Verdana, sans-serif" font-size="12" fill="${ink}">
<title>${escapedText(chart.title)}</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${margin.left}" y="30" font-size="18" font-weight="bold">${escapedText(chart.title)}</text>
<text x="${margin.left}" y="52" fill="${faint}">${escapedText(chart.subtitle)}</text>
<g transform="translate(${margin.left} ${plotTop})">
${spans.map((span) => spanSvg(span, xOf)).join('\n')}
${values.map((value) => `<path d="M0 ${pixelText(yOf(value))}H${plot.width}" stroke="#d0d7de" stroke-width="${value === 0 ? 1.5 : 0.7}"/><text x="-9" y="${pixelText(yOf(value) + 4)}" text-anchor="end">${escapedText(chart.format(value))}</text>`).join('\n')}
${seconds.map((second) => `<path d="M${pixelText(timeOf(second))} ${plot.height}v5" stroke="${faint}"/><text x="${pixelText(timeOf(second))}" y="${plot.height + 20}" text-anchor="middle">${clockText(second)}</text>`).join('\n')}
<text transform="translate(-56 ${plot.height / 2}) rotate(-90)" text-anchor="middle" fill="${faint}">${escapedText(chart.valueAxis)}</text>
<text x="${plot.width / 2}" y="${plot.height + 42}" text-anchor="middle" fill="${faint}">${escapedText(chart.timeAxis)}</text>
${placed.map((moment) => momentSvg(moment)).join('\n')}
${lines.map((line) => lineSvg(line, xOf, yOf)).join('\n')}
</g>
<g transform="translate(${margin.left} ${plotTop + plot.height + 70})">${legendSvg(lines, spans)}</g>
</svg>
`;
}

function spanSvg({ name, colour, from, to }: ChartSpan, x: (time: number) => number): string {
  return `<rect x="${pixelText(x(from))}" width="${pixelText(x(to) - x(from))}" height="${plot.height}" fill="${colour}"><title>${escapedText(name)}</title></rect>`;
}

function lineSvg(
  { name, colour, dashed, points }: ChartLine,
  x: (time: number) => number,
  y: (value: number) => number,
): string {
  const path = points.map(
    ([time, value], index) => `${index === 0 ? 'M' : 'L'}${pixelText(x(time))} ${pixelText(y(value))}`,
  );
  const dash = dashed ? ' stroke-dasharray="6 4"' : '';
  return `<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"${dash}><title>${escapedText(name)}</title></path>`;
}

interface PlacedMoment extends ChartMoment {
  x: number;
  /** 0 is the lowest, next to the plot. */
  row: number;
}

/**
 * Gives each name the lowest row above the plot where it covers neither another name nor the line of a higher
 * one.
 */
function inRows(moments: (ChartMoment & { x: number })[]): PlacedMoment[] {
  const leftEnds: number[] = [];
  return moments
    .toReversed()
    .map((moment) => {
      const end = moment.x + textWidth(moment.name) + 14;
      const free = leftEnds.findIndex((_, row) => leftEnds.slice(row).every((left) => end < left));
      const row = free < 0 ? leftEnds.length : free;
      leftEnds[row] = moment.x;
      return { ...moment, row };
    })
    .toReversed();
}

function momentSvg({ name, x, row }: PlacedMoment): string {
  const baseline = -8 - row * rowHeight;
  return `<path d="M${pixelText(x)} ${baseline - 9}V${plot.height}" stroke="${ink}" stroke-width="1" stroke-dasharray="2 3"/><text x="${pixelText(x + 5)}" y="${baseline}">${escapedText(name)}</text>`;
}

function legendSvg(lines: ChartLine[], spans: ChartSpan[]): string {
  const entries = [
    ...lines.map(({ name, colour, dashed }) => ({
      name,
      sign: `<path d="M0 -4h24" stroke="${colour}" stroke-width="2"${dashed ? ' stroke-dasharray="6 4"' : ''}/>`,
    })),
    ...[...new Map(spans.map((span) => [span.name, span])).values()].map(({ name, colour }) => ({
      name,
      sign: `<rect y="-10" width="24" height="12" fill="${colour}"/>`,
    })),
  ];
  let x = 0;
  let y = 0;
  return entries
    .map(({ name, sign }) => {
      const entryWidth = 32 + textWidth(name) + 22;
      if (x + entryWidth > plot.width && x > 0) {
        x = 0;
        y += rowHeight;
      }
      const entry = `<g transform="translate(${pixelText(x)} ${y})">${sign}<text x="32">${escapedText(name)}</text></g>`;
      x += entryWidth;
      return entry;
    })
    .join('\n');
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9))!;
}

/** About ten round seconds, from 0 on. */
function secondsUntil(end: number): number[] {
  const step = [5, 10, 15, 30, 60, 300, 600, 1800, 3600].find((each) => end / each <= 14) ?? 21_600;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

function clockText(second: number): string {
  return `${Math.floor(second / 60)}:${String(second % 60).padStart(2, '0')}`;
}

function textWidth(text: string): number {
  return text.length * 6.7; // an estimate: the viewer chooses the font
}

function pixelText(pixels: number): string {
  return String(Number(pixels.toFixed(1)));
}

function escapedText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
