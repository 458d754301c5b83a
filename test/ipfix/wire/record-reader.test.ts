import { describe, expect, it } from 'vitest';
import { MessageWriter, readMessage, readRecords, TemplateStore } from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import { message, octets, set, template, text, u16, u32 } from '../../support/ipfix-octets.ts';

/**
 * basicList 291, subTemplateList 292, subTemplateMultiList 293 (RFC 6313 section 4.5), each with a port
 * before.
 */
const templates = message(
  set(
    2,
    template(256, [7, 2], [291, 65535]),
    template(257, [7, 2], [292, 65535]),
    template(258, [7, 2], [293, 65535]),
    template(300, [8, 4], [82, 65535]),
    template(301, [4, 1]),
    template(302, [291, 65535]),
    template(303, [292, 65535]),
  ),
);
const announced = () => new Collected().read(templates);

/** A value of variable length with three octets of length before it. */
const long = (...content: Parameters<typeof octets>) => {
  const body = octets(...content);
  return octets(255, u16(body.length), body);
};

/** Writes what was read, which must give the same octets. */
function rewritten(collected: Collected): Uint8Array {
  const writer = new MessageWriter();
  writer.start({ domain: 7, sequenceNumber: 1, exportTimeSeconds: 1_700_000_000 });
  for (const record of collected.records) writer.writeRecord(record);
  return writer.finish();
}

describe('a variable length', () => {
  it('may take three octets even if one suffices', () => {
    const name = template(260, [82, 65535]);
    const collected = new Collected().read(
      message(set(2, name)),
      message(set(260, long(Buffer.from('eth0')))),
    );
    expect(collected.fields).toEqual([{ interfaceName: 'eth0' }]);
  });

  it.each([254, 255, 256, 65_000])('is read back for %i octets', (length) => {
    const value = 'x'.repeat(length);
    const prefix = length < 255 ? [length] : [255, u16(length)];
    const bytes = message(set(260, ...prefix, Buffer.from(value)));
    const collected = new Collected().read(message(set(2, template(260, [82, 65535]))), bytes);
    expect(collected.fields).toEqual([{ interfaceName: value }]);
    expect(rewritten(collected)).toEqual(bytes);
  });

  it.each([
    ['prefix of one octet', octets(u16(80)), 'interfaceName'],
    ['prefix of three octets', octets(u16(80), 255, 1), 'interfaceName'],
    ['value', octets(u16(80), 5, 'aabbcc'), 'interfaceName'],
    ['long value', octets(u16(80), 255, u16(65535), 'aabbcc'), 'interfaceName'],
    ['fixed field before it', octets(7), 'sourceTransportPort'],
  ])('is reported with its field if its %s is truncated, after the records before it', (_, rest, field) => {
    const collected = new Collected().read(
      message(set(2, template(260, [7, 2], [82, 65535]))),
      message(set(260, u16(443), text('eth0'), rest)),
    );
    expect(collected.fields).toEqual([{ sourceTransportPort: 443, interfaceName: 'eth0' }]);
    expect(collected.errors).toMatchObject([{ field, templateId: 260, reason: 'record-truncated' }]);
  });
});

describe('an element that occurs more than once', () => {
  it('has an array of its values', () => {
    const collected = new Collected().read(
      message(set(2, template(260, [7, 2], [7, 2], [4, 1], [7, 2]))),
      message(set(260, u16(1), u16(2), 6, u16(3))),
    );
    expect(collected.fields).toEqual([{ sourceTransportPort: [1, 2, 3], protocolIdentifier: 6 }]);
  });
});

describe('a basicList', () => {
  it('holds values of one element', () => {
    const list = octets(0, u16(82), u16(65535), text('eth0'), text('wlan0'));
    const collected = announced().read(message(set(256, u16(80), text8(list), u16(81), long(list))));
    const json = { semantic: 'noneOf', element: 'interfaceName', values: ['eth0', 'wlan0'] };
    expect(collected.errors).toEqual([]);
    expect(collected.fields).toEqual([
      { sourceTransportPort: 80, basicList: json },
      { sourceTransportPort: 81, basicList: json },
    ]);
  });

  it('holds values of fixed length and of enterprise elements, and may be empty', () => {
    const bytes = message(
      set(
        256,
        [u16(80), text8(octets(4, u16(0x8000 | 108), u16(2), u32(56506), u16(443), u16(80)))],
        [u16(81), text8(octets(3, u16(7), u16(2)))],
      ),
    );
    const collected = announced().read(bytes);
    expect(collected.fields.map((fields) => fields.basicList)).toEqual([
      { semantic: 'ordered', element: 'destinationServicePort', values: [443, 80] },
      { semantic: 'allOf', element: 'sourceTransportPort', values: [] },
    ]);
    expect(rewritten(collected)).toEqual(bytes);
  });
});

describe('a subTemplateList', () => {
  it('holds records of one template', () => {
    const list = octets(255, u16(300), '0a000001', text('eth0'), '0a000002', text(''));
    const bytes = message(set(257, u16(80), text8(list)));
    const collected = announced().read(bytes);
    expect(collected.fields).toEqual([
      {
        sourceTransportPort: 80,
        subTemplateList: {
          semantic: 'undefined',
          templateId: 300,
          records: [
            { sourceIPv4Address: '10.0.0.1', interfaceName: 'eth0' },
            { sourceIPv4Address: '10.0.0.2', interfaceName: '' },
          ],
        },
      },
    ]);
    expect(rewritten(collected)).toEqual(bytes);
  });
});

describe('a subTemplateMultiList', () => {
  it('holds records of several templates', () => {
    const list = octets(3, [u16(301), u16(6), 6, 17], [u16(300), u16(9), '0a000001', 0]);
    const bytes = message(set(258, u16(80), text8(list)));
    const collected = announced().read(bytes);
    expect(collected.fields[0]?.subTemplateMultiList).toEqual({
      semantic: 'allOf',
      parts: [
        { templateId: 301, records: [{ protocolIdentifier: 6 }, { protocolIdentifier: 17 }] },
        { templateId: 300, records: [{ sourceIPv4Address: '10.0.0.1', interfaceName: '' }] },
      ],
    });
    expect(rewritten(collected)).toEqual(bytes);
  });
});

describe('an unreadable list stays octets, is reported, and spares the rest of its record:', () => {
  it.each([
    ['a basicList without a header', 256, '00 0052', 'list-malformed'],
    ['a basicList without its enterprise number', 256, '00 8052 ffff', 'list-malformed'],
    ['a basicList of values without octets', 256, '00 0052 0000', 'list-malformed'],
    ['a basicList with half a value', 256, '00 0007 0002 01', 'list-malformed'],
    ['a subTemplateList without a header', 257, '00 01', 'list-malformed'],
    ['a subTemplateList of an unknown template', 257, '00 03e7 0102', 'list-template-unknown'],
    ['a subTemplateList with half a record', 257, '00 012c 0a0000', 'list-malformed'],
    ['an empty subTemplateMultiList field', 258, '', 'list-malformed'],
    ['a subTemplateMultiList whose part is too short', 258, '00 012d 0003', 'list-malformed'],
    ['a subTemplateMultiList whose part is too long', 258, '00 012d 0006 01', 'list-malformed'],
  ])('%s', (_, setId, hex, reason) => {
    const list = octets(hex);
    const collected = announced().read(message(set(setId, u16(80), text8(list), u16(81), text8(list))));
    expect(collected.reasons).toEqual([reason, reason]);
    expect(collected.errors[0]).toMatchObject({ offset: 23, domain: 7, templateId: setId });
    expect(collected.records.map(({ values }) => values)).toEqual([
      [80, list],
      [81, list],
    ]);
  });

  it('lists within lists within lists', () => {
    const nested = (depth: number): Uint8Array =>
      depth === 0 ? octets(0, u16(301), 6) : octets(0, u16(303), long(nested(depth - 1)));
    const collected = announced().read(message(set(257, u16(80), long(nested(7)))));
    expect(collected.errors).toEqual([]);
    collected.read(message(set(257, u16(80), long(nested(200)))));
    expect(collected.reasons).toEqual(['list-too-deep']);
    expect(collected.records).toHaveLength(2);
  });
});

function text8(content: Uint8Array): Uint8Array {
  return octets(content.length, content);
}

describe('a record that is read briefly', () => {
  /** The values of all records, read briefly. */
  function briefly(...messages: Uint8Array[]) {
    const store = new TemplateStore();
    const errors: string[] = [];
    const error = ({ reason }: { reason: string }) => void errors.push(reason);
    const values: (readonly unknown[])[] = [];
    for (const bytes of messages) {
      readMessage(bytes, store, {
        data: (data) => {
          for (const record of readRecords(data, store, error, true)) values.push(record.values);
        },
        error,
      });
    }
    return { values, errors };
  }

  it('has its numbers and text, and nothing for octets and lists', () => {
    const layout = message(set(2, template(256, [34, 4], [313, 65535], [291, 65535], [82, 65535])));
    const list = octets(3, u16(4), u16(1), 6, 6);
    const record = octets(u32(1_000), 3, 'aabbcc', list.length, list, text('eth0'));
    expect(briefly(layout, message(set(256, record, record)))).toEqual({
      values: Array(2).fill([1_000, new Uint8Array(0), new Uint8Array(0), 'eth0']),
      errors: [],
    });
  });

  it('has 256 values at most, and the records after it are found', () => {
    const fields = Array.from({ length: 300 }, () => [4, 1] as [number, number]);
    const layout = message(set(2, template(256, ...fields)));
    const record = (first: number) => octets(first, new Uint8Array(299));
    const { values, errors } = briefly(layout, message(set(256, record(6), record(17), [1, 2, 3])));
    expect([values.map(({ length }) => length), values.map(([first]) => first)]).toEqual([
      [256, 256],
      [6, 17],
    ]);
    expect(errors).toEqual(['record-truncated']);
  });
});
