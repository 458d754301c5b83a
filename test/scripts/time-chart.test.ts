import { describe, expect, it } from 'vitest';
import { renderTimeChart, type TimeChart } from '../../scripts/time-chart.ts';

const second = (count: number): number => Date.UTC(2026, 0, 1) + count * 1000;

const chart: TimeChart = {
  title: 'Octets <all> & sundry',
  subtitle: 'two minutes',
  from: second(0),
  to: second(120),
  timeAxis: 'minutes:seconds',
  valueAxis: 'megabytes a second',
  format: (value) => value.toFixed(1),
  lines: [
    {
      name: 'traffic',
      colour: 'blue',
      points: [
        [second(0), 0],
        [second(60), 4],
        [second(120), 1],
      ],
    },
    {
      name: 'threshold',
      colour: 'red',
      dashed: true,
      points: [
        [second(0), 3],
        [second(120), 3],
      ],
    },
  ],
  spans: [{ name: 'firing', colour: 'pink', from: second(60), to: second(90) }],
  moments: [
    { name: 'firing', at: second(60) },
    { name: 'paged', at: second(61) },
    { name: 'resolved', at: second(90) },
    { name: 'shortly after', at: second(92) },
  ],
};

describe('a chart over time', () => {
  const svg = renderTimeChart(chart);
  const texts = [...svg.matchAll(/<text ?([^>]*)>([^<]*)<\/text>/g)].map(([, attributes, text]) => ({
    attributes: attributes!,
    text: text!,
  }));
  const named = (name: string) =>
    texts.find(({ text, attributes }) => text === name && /y="-/.test(attributes))!.attributes;
  const number = (attributes: string, name: string) =>
    Number(attributes.match(new RegExp(`\\b${name}="([-\\d.]+)"`))![1]);

  it('has a title, axes with their units, and round numbers on them', () => {
    expect(texts[0]).toMatchObject({ text: 'Octets &lt;all&gt; &amp; sundry' });
    const shown = texts.map(({ text }) => text);
    expect(shown).toEqual(
      expect.arrayContaining(['megabytes a second', 'minutes:seconds', '0.0', '1.0', '4.0', '5.0']),
    );
    expect(shown).toEqual(expect.arrayContaining(['0:00', '0:10', '2:00']));
  });

  it('draws each line from its first to its last point, higher values further up', () => {
    const [, first, highest, last] = svg
      .match(/<path d="M0 ([\d.]+)L425 ([\d.]+)L850 ([\d.]+)" fill="none" stroke="blue"/)!
      .map(Number);
    expect([first, highest, last]).toEqual([280, 56, 224]); // of 280 pixels that are 5.0
  });

  it('shades a span for its duration', () => {
    expect(svg).toContain('<rect x="425" width="212.5" height="280" fill="pink">');
  });

  it('marks each moment in its place, with names that do not overlap', () => {
    expect(number(named('firing'), 'x')).toBeCloseTo(425 + 5);
    expect(number(named('paged'), 'y')).not.toBe(number(named('firing'), 'y'));
    expect(number(named('resolved'), 'y')).not.toBe(number(named('shortly after'), 'y'));
  });
});
