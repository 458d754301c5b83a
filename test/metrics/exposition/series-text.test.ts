import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMetrics } from '../../../src/metrics/exposition/rendering.ts';
import type { TextFormat } from '../../../src/metrics/exposition/text-format.ts';
import type { Measure, SeriesTable } from '../../../src/metrics/series/index.ts';
import { MetricsText } from '../../support/metrics-text.ts';
import { seriesTable } from '../../support/series-table.ts';

const bytes: Measure = {
  name: 'weir_flow_pair_bytes_total',
  otelName: 'weir.flow.pair.bytes',
  unit: 'By',
  description: 'octets of "IP" packets\nand a \\',
  type: 'counter',
};
const lasting: Measure = {
  name: 'weir_flow_lasting_seconds',
  otelName: 'weir.flow.lasting',
  unit: 's',
  description: 'how long flows last',
  type: 'histogram',
  buckets: [0.5, 10],
};

async function textOf(tables: SeriesTable[], format: TextFormat, created = false): Promise<string> {
  const body = await renderMetrics(() => [], tables, { format, created, gzip: false });
  return Buffer.concat(body).toString();
}

describe('series as text', () => {
  const table = seriesTable(
    'pair',
    ['source', 'destination'],
    [bytes],
    [
      { labels: { source: 'a', destination: 'b' }, values: [1500], startedAt: 1_767_225_600_250 },
      { labels: { destination: 'b' }, values: [0.5] },
      { labels: {}, values: [7] },
    ],
  );

  it("follows Prometheus's format 0.0.4, with help and type for each family", async () => {
    expect(await textOf([table], 'prometheus')).toBe(
      `# HELP weir_flow_pair_bytes_total octets of "IP" packets\\nand a \\\\
# TYPE weir_flow_pair_bytes_total counter
weir_flow_pair_bytes_total{source="a",destination="b"} 1500
weir_flow_pair_bytes_total{destination="b"} 0.5
weir_flow_pair_bytes_total 7
`,
    );
  });

  it('follows OpenMetrics 1.0, with counter units and, on request, start times', async () => {
    expect(await textOf([table], 'openmetrics', true)).toBe(
      `# HELP weir_flow_pair_bytes octets of \\"IP\\" packets\\nand a \\\\
# TYPE weir_flow_pair_bytes counter
# UNIT weir_flow_pair_bytes bytes
weir_flow_pair_bytes_total{source="a",destination="b"} 1500
weir_flow_pair_bytes_created{source="a",destination="b"} 1767225600.25
weir_flow_pair_bytes_total{destination="b"} 0.5
weir_flow_pair_bytes_created{destination="b"} 0
weir_flow_pair_bytes_total 7
weir_flow_pair_bytes_created 0
# EOF
`,
    );
  });

  it('has histograms with cumulative buckets, and exemplars in OpenMetrics', async () => {
    const exemplar = { labels: { flow: 'x"y' }, value: 3, at: 1_767_225_600_500 };
    const histogram = seriesTable(
      'lasting',
      ['source'],
      [lasting],
      [
        { labels: { source: 'a' }, values: [6], buckets: [1, 2, 3], sum: 44.5, exemplar },
        { labels: {}, values: [0], buckets: [0, 0, 0] },
      ],
    );
    expect(await textOf([histogram], 'prometheus')).toBe(
      `# HELP weir_flow_lasting_seconds how long flows last
# TYPE weir_flow_lasting_seconds histogram
weir_flow_lasting_seconds_bucket{source="a",le="0.5"} 1
weir_flow_lasting_seconds_bucket{source="a",le="10"} 3
weir_flow_lasting_seconds_bucket{source="a",le="+Inf"} 6
weir_flow_lasting_seconds_sum{source="a"} 44.5
weir_flow_lasting_seconds_count{source="a"} 6
weir_flow_lasting_seconds_bucket{le="0.5"} 0
weir_flow_lasting_seconds_bucket{le="10"} 0
weir_flow_lasting_seconds_bucket{le="+Inf"} 0
weir_flow_lasting_seconds_sum 0
weir_flow_lasting_seconds_count 0
`,
    );
    const openMetrics = new MetricsText(await textOf([histogram], 'openmetrics'), true);
    expect(openMetrics.samplesOf('weir_flow_lasting_seconds_bucket', { source: 'a' })).toEqual([
      { name: 'weir_flow_lasting_seconds_bucket', labels: { source: 'a', le: '0.5' }, value: 1 },
      {
        name: 'weir_flow_lasting_seconds_bucket',
        labels: { source: 'a', le: '10.0' },
        value: 3,
        exemplar: { labels: { flow: 'x"y' }, value: 3, timeSeconds: 1_767_225_600.5 },
      },
      { name: 'weir_flow_lasting_seconds_bucket', labels: { source: 'a', le: '+Inf' }, value: 6 },
    ]);
  });

  it('leaves a family without series out', async () => {
    expect(await textOf([seriesTable('pair', ['source'], [bytes], [])], 'openmetrics')).toBe('# EOF\n');
  });

  const numbers = [
    0,
    1,
    9,
    10,
    999_999_999,
    1e9,
    1_000_000_001,
    123_456_789_012_345,
    2 ** 53 - 1,
    2 ** 60,
    1.5e-7,
    1e22,
    Infinity,
    -3,
    Number.NaN,
  ];
  it('writes numbers that are read back unchanged', async () => {
    const rows = numbers.map((value, n) => ({ labels: { source: `${n}` }, values: [value] }));
    const text = new MetricsText(
      await textOf([seriesTable('pair', ['source'], [bytes], rows)], 'prometheus'),
    );
    expect(text.samples.map(({ value }) => value)).toEqual(numbers);
  });
});

describe('hostile names', () => {
  const octets = (...values: number[]) => Uint8Array.from(values);
  const hostile: [string, string | Uint8Array, string][] = [
    ['quotes and backslashes', 'a"b\\"c\\', 'a"b\\"c\\'],
    ['line feeds', 'a\nb\r\n# TYPE x counter\n', 'a\nb\r\n# TYPE x counter\n'],
    ['braces, commas and an end of text', '"} 1\n# EOF\n', '"} 1\n# EOF\n'],
    ['emoji and combined characters', '👩‍👩‍👧 é e\u0301', '👩‍👩‍👧 é e\u0301'],
    ['300 characters', 'ß'.repeat(300), 'ß'.repeat(300)],
    ['a lone surrogate in text', 'a\ud800b', 'a\ufffdb'],
    ['a lone surrogate in octets', octets(0x61, 0xed, 0xa0, 0x80), 'a\ufffd\ufffd\ufffd'],
    ['octets that are no UTF-8', octets(0xff, 0x22, 0xc3), '\ufffd"\ufffd'],
    ['a byte order mark', '\ufeffa', '\ufeffa'],
    ['a null character', 'a\0b', 'a\0b'],
  ];

  it.each(['prometheus', 'openmetrics'] as const)('survive in the %s text', async (format) => {
    const rows = hostile.map(([what, name], n) => ({
      labels: { source: what, destination: name },
      values: [n],
    }));
    const table = seriesTable('pair', ['source', 'destination'], [bytes], rows);
    const text = await textOf([table], format);
    const { samples } = new MetricsText(text, format === 'openmetrics');
    expect(samples.map(({ labels, value }) => [labels.source, labels.destination, value])).toEqual(
      hostile.map(([what, , expected], n) => [what, expected, n]),
    );
    expect(Buffer.from(text).toString()).toBe(text);
  });

  it('are read back unchanged with any octets and any number', async () => {
    const row = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.double());
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const table = seriesTable(
          'pair',
          ['source', 'destination'],
          [bytes],
          rows.map(([name, value], n) => ({
            labels: { source: `${n}`, destination: name },
            values: [value],
          })),
        );
        const { samples } = new MetricsText(await textOf([table], 'openmetrics'), true);
        const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
        expect(samples.map(({ labels, value }) => [labels.destination, value + 0])).toEqual(
          rows.map(([name, value]) => [decoder.decode(name), value + 0]),
        );
      }),
    );
  });
});
