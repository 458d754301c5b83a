import { describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../../src/flow/index.ts';
import {
  ColumnWriter,
  createTemplate,
  elementNamed,
  elementOf,
  MessageWriter,
  type Template,
} from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import { message, octets, optionsTemplate, set, template, u16, u32 } from '../../support/ipfix-octets.ts';

const header = { domain: 7, sequenceNumber: 1, exportTimeSeconds: 1_700_000_000 };

function started(maxOctets?: number): MessageWriter {
  const writer = new MessageWriter(maxOctets);
  writer.start(header);
  return writer;
}

/** A template from element names, with a length where it is not the natural one. */
const templateOf = (...fields: (string | [string, number])[]): Template =>
  createTemplate(
    256,
    fields.map((field) => {
      const [name, length] = typeof field === 'string' ? [field] : field;
      return length === undefined
        ? { element: elementNamed(name)! }
        : { element: elementNamed(name)!, length };
    }),
  );

/** The message of one set with these flows. */
function written(flowTemplate: Template, ...flows: FlowRecord[]): Uint8Array {
  const writer = started();
  expect(writer.writeRows(new ColumnWriter(flowTemplate), batchOf(flows), 0, flows.length)).toBe(
    flows.length,
  );
  return writer.finish();
}

describe('a message writer', () => {
  const ports = templateOf('sourceTransportPort', 'destinationTransportPort');

  it('announces templates of one kind in one set', () => {
    const writer = started();
    expect(writer.writeTemplate(ports)).toBe(true);
    writer.writeTemplate(
      createTemplate(257, [{ element: elementOf(56506, 101) }, { element: elementOf(29305, 1), length: 4 }]),
    );
    writer.writeTemplate(
      createTemplate(400, [{ element: elementOf(0, 149) }, { element: elementOf(0, 41) }], 1),
    );
    expect(writer.finish()).toEqual(
      message(
        set(2, template(256, [7, 2], [11, 2]), template(257, [101, 65535, 56506], [1, 4, 29305])),
        set(3, optionsTemplate(400, 1, [149, 4], [41, 8])),
      ),
    );
  });

  it('withdraws one template or all', () => {
    const writer = started();
    writer.writeWithdrawal(ports);
    writer.writeWithdrawalOfAll('templates');
    writer.writeWithdrawalOfAll('options templates');
    expect(writer.finish()).toEqual(
      message(set(2, u16(256), u16(0), u16(2), u16(0)), set(3, u16(3), u16(0))),
    );
  });

  it('reuses the buffer of the previous message', () => {
    const writer = started();
    writer.writeTemplate(ports);
    writer.finish();
    writer.start({ ...header, domain: 0xfffffffe, sequenceNumber: 0xffffffff });
    expect(writer.isEmpty).toBe(true);
    expect(writer.finish()).toEqual(
      octets(u16(10), u16(16), u32(1_700_000_000), u32(0xffffffff), u32(0xfffffffe)),
    );
  });

  it('packs as many rows as fit and returns their number', () => {
    const flows = Array.from({ length: 9 }, (_, i) => ({
      sourceTransportPort: i,
      destinationTransportPort: 80,
    }));
    const batch = batchOf(flows);
    const columns = new ColumnWriter(ports);
    const writer = started(16 + 4 + 4 * 4 + 3);
    expect(writer.writeRows(columns, batch, 0, 9)).toBe(4);
    expect(writer.finish()).toEqual(
      message(
        set(
          256,
          [0, 1, 2, 3].map((port) => [u16(port), u16(80)]),
        ),
      ),
    );
    writer.start(header);
    expect(writer.writeRows(columns, batch, 4, 6)).toBe(2);
    expect(writer.writeRows(columns, batch, 6, 9)).toBe(2);
    expect(writer.finish()).toEqual(
      message(
        set(
          256,
          [4, 5, 6, 7].map((port) => [u16(port), u16(80)]),
        ),
      ),
    );
  });

  it('writes the rows of a selection in its order', () => {
    const flows = [1, 2, 3, 4].map((port) => ({ sourceTransportPort: port, destinationTransportPort: 80 }));
    const writer = started();
    expect(writer.writeRows(new ColumnWriter(ports), batchOf(flows), 1, 3, Uint32Array.of(0, 3, 1))).toBe(2);
    expect(writer.finish()).toEqual(
      message(
        set(
          256,
          [4, 2].map((port) => [u16(port), u16(80)]),
        ),
      ),
    );
  });

  it('leaves no trace of a row that did not fit', () => {
    const long = templateOf('sourcePodName');
    const writer = started(60);
    writer.writeTemplate(long);
    const before = writer.octets;
    expect(writer.writeRows(new ColumnWriter(long), batchOf([{ sourcePodName: 'x'.repeat(40) }]), 0, 1)).toBe(
      0,
    );
    expect(writer.writeRecord({ template: long, values: ['x'.repeat(40)] })).toBe(false);
    expect(writer.writeTemplate(templateOf('sourcePodName', 'clusterId', 'tcpState', 'egressName'))).toBe(
      false,
    );
    expect(writer.octets).toBe(before);
    expect(writer.finish()).toEqual(message(set(2, template(256, [101, 65535, 56506]))));
  });

  it('writes no part of a record too large for any message', () => {
    const long = templateOf('sourceTransportPort', 'sourcePodLabels');
    const batch = batchOf([
      { sourceTransportPort: 1, sourcePodLabels: 'x'.repeat(65_535 - 16 - 4 - 2 - 3) },
      { sourceTransportPort: 2, sourcePodLabels: 'x'.repeat(65_535 - 16 - 4 - 2 - 2) },
    ]);
    const columns = new ColumnWriter(long);
    const writer = started();
    expect(writer.writeRows(columns, batch, 0, 2)).toBe(1);
    expect(writer.finish()).toHaveLength(65_535);
    writer.start(header);
    expect(writer.writeRows(columns, batch, 1, 2)).toBe(0);
    expect(writer.isEmpty).toBe(true);
  });

  it.each([19, 65_536])('refuses a size of %i octets', (octetCount) => {
    expect(() => new MessageWriter(octetCount)).toThrow(RangeError);
  });
});

describe('a message writer writes columns', () => {
  it('as counters of every length', () => {
    const flow = { octetDeltaCount: 0x0102030405, packetDeltaCount: 2 ** 53 - 1, octetTotalCount: 258 };
    const lengths = templateOf(['octetDeltaCount', 5], ['packetDeltaCount', 8], ['octetTotalCount', 3]);
    expect(written(lengths, flow)).toEqual(message(set(256, '0102030405', '001fffffffffffff', '000102')));
  });

  it("clamped to the field's length, without fractions", () => {
    const short = templateOf(
      ['octetDeltaCount', 2],
      ['sourceTransportPort', 1],
      ['throughput', 4],
      'reverseThroughput',
    );
    const flow = {
      octetDeltaCount: 70_000,
      sourceTransportPort: 443,
      throughput: 1e12,
      reverseThroughput: 12.9,
    };
    expect(written(short, flow)).toEqual(message(set(256, 'ffff', 'ff', 'ffffffff', '000000000000000c')));
    expect(written(templateOf('throughput'), { throughput: 2 ** 70 })).toEqual(
      message(set(256, 'fffffffffffff800')),
    );
  });

  it('as zero where there is no value', () => {
    const all = templateOf(
      'octetDeltaCount',
      'flowStartMilliseconds',
      'flowEndNanoseconds',
      'proxySnatIPv4',
      'tcpState',
      'vlanId',
    );
    expect(written(all, { protocolIdentifier: 6 })).toEqual(
      message(set(256, '00'.repeat(8 + 8 + 8 + 4 + 1 + 2))),
    );
  });

  it('as times of every precision', () => {
    const time = { flowStartMilliseconds: 1_700_000_000_250.9 };
    expect(written(templateOf('flowStartSeconds'), time)).toEqual(message(set(256, '6553f100')));
    expect(written(templateOf('flowStartMilliseconds'), time)).toEqual(message(set(256, '0000018bcfe568fa')));
    const quarter = { flowStartMilliseconds: 1_700_000_000_250 };
    expect(written(templateOf('flowStartMicroseconds'), quarter)).toEqual(
      message(set(256, 'e8fe6f80 40000000')),
    );
    expect(written(templateOf('flowStartNanoseconds'), quarter)).toEqual(
      message(set(256, 'e8fe6f80 40000000')),
    );
  });

  it("as addresses of the element's family", () => {
    const v4 = { sourceIP: '10.0.0.1', destinationIP: '10.0.0.2' };
    const v6 = { sourceIP: '2001:db8::1', destinationIP: '2001:db8::2' };
    expect(written(templateOf('sourceIPv4Address', 'destinationIPv4Address'), v4)).toEqual(
      message(set(256, '0a000001', '0a000002')),
    );
    expect(written(templateOf('sourceIPv6Address'), v6)).toEqual(
      message(set(256, '20010db8000000000000000000000001')),
    );
    expect(
      written(templateOf('sourceIPv4Address', 'destinationIPv6Address'), { ...v4, sourceIP: '2001:db8::1' }),
    ).toEqual(message(set(256, '00000000', '00000000000000000000ffff0a000002')));
  });

  it.each([0, 1, 254, 255, 256, 1000])('as a string of %i octets, preceded by its length', (length) => {
    const prefix = length < 255 ? [length] : [255, u16(length)];
    expect(
      written(templateOf('tcpState', 'protocolIdentifier'), {
        tcpState: 'x'.repeat(length),
        protocolIdentifier: 6,
      }),
    ).toEqual(message(set(256, prefix, Buffer.alloc(length, 'x'), 6)));
  });

  it('as a string of fixed length, padded with zeros, and never cut', () => {
    const fixed = templateOf(['tcpState', 4], 'protocolIdentifier');
    expect(written(fixed, { tcpState: 'abc', protocolIdentifier: 6 })).toEqual(
      message(set(256, '61626300', 6)),
    );
    const batch = batchOf([{ tcpState: 'abcde', protocolIdentifier: 6 }]);
    expect(started().writeRows(new ColumnWriter(fixed), batch, 0, 1)).toBe(0);
  });

  it('by name, as a decoder reads names', () => {
    const names = [
      'flowEndReason',
      'sourceIPv4Address',
      'reverseOctetTotalCount',
      'sourcePodName',
      'proxySnatPort',
    ];
    const flow = {
      flowEndReason: 3,
      sourceIP: '192.0.2.1',
      reverseOctetTotalCount: 9,
      sourcePodName: 'web',
      proxySnatPort: 5,
    };
    const writer = started();
    writer.writeTemplate(templateOf(...names));
    writer.writeRows(new ColumnWriter(templateOf(...names)), batchOf([flow]), 0, 1);
    expect(new Collected().read(writer.finish()).fields).toEqual([
      {
        flowEndReason: 3,
        sourceIPv4Address: '192.0.2.1',
        reverseOctetTotalCount: 9,
        sourcePodName: 'web',
        proxySnatPort: 5,
      },
    ]);
  });
});

describe('a template that the flow record cannot fill', () => {
  it.each([
    ['an element without a column', templateOf('interfaceName')],
    ['a number longer than its type', templateOf(['sourceTransportPort', 3])],
    ['an address of the wrong length', templateOf(['sourceIPv4Address', 3])],
    ['a number of variable length', templateOf(['octetDeltaCount', 65535])],
  ])('is refused: %s', (_, unfit) => {
    expect(() => new ColumnWriter(unfit)).toThrow(
      /template 256: expected elements that the flow record has, found /,
    );
  });
});

it('a string is written with the octets that arrived, even if they are not UTF-8', () => {
  const batch = batchOf([{ tcpState: 'x' }]);
  batch.columns.tcpState[0] = batch.dictionary.intern(octets('61ff62'), 0, 3);
  const writer = started();
  writer.writeRows(new ColumnWriter(templateOf('tcpState')), batch, 0, 1);
  expect(writer.finish()).toEqual(message(set(256, 3, '61ff62')));
});
