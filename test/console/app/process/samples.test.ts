import { describe, expect, it } from 'vitest';
import { readSamples } from '../../../../src/console/app/process/samples.ts';

describe('metrics in the format of Prometheus', () => {
  it('are read by name, with labels of any text', () => {
    const text = [
      '# TYPE weir_sink_up gauge',
      'weir_sink_up{sink="a \\"b\\" \\\\ c\\n}"} 1',
      'weir_sink_up_not_asked{sink="x"} 1',
      'weir_aggregator_flows 12',
      'weir_exporter_blind{node="n",reason="none, really"} 0 1795970219000',
      '',
    ].join('\n');
    const names = ['weir_sink_up', 'weir_aggregator_flows', 'weir_exporter_blind'];
    expect(readSamples(text, names)).toEqual([
      { name: 'weir_sink_up', labels: { sink: 'a "b" \\ c\n}' }, value: 1 },
      { name: 'weir_aggregator_flows', labels: {}, value: 12 },
      { name: 'weir_exporter_blind', labels: { node: 'n', reason: 'none, really' }, value: 0 },
    ]);
  });
});
