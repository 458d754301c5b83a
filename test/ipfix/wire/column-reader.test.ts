import { describe, expect, it } from 'vitest';
import { BatchLayout, Dictionary, type FieldName, FlowBatch, fieldNames } from '../../../src/flow/index.ts';
import {
  ColumnReader,
  createTemplate,
  type DecodeError,
  elementOf,
  flowFieldsOf,
  readMessage,
  type Template,
  TemplateStore,
} from '../../../src/ipfix/wire/index.ts';
import { message, octets, set, text, u16, u32 } from '../../support/ipfix-octets.ts';

/** A template from [element id, length, enterprise]. */
const templateOf = (...fields: readonly [number, number, number?][]): Template =>
  createTemplate(
    256,
    fields.map(([id, length, enterprise = 0]) => ({ element: elementOf(enterprise, id), length })),
  );

const unexpected = (error: DecodeError) => expect.unreachable(error.text);

interface Options {
  readonly fields?: readonly FieldName[];
  readonly capacity?: number;
}

/** Reads messages of this template into batches, one after the other. */
class Reading {
  readonly batches: FlowBatch[] = [];
  readonly errors: DecodeError[] = [];
  readonly #store = new TemplateStore();
  readonly #layout: BatchLayout;
  readonly #reader: ColumnReader;

  constructor(template: Template, options: Options = {}) {
    this.#store.put(7, template);
    this.#layout = new BatchLayout(options.fields ?? flowFieldsOf(template), options.capacity);
    this.#reader = new ColumnReader(template, this.#layout);
  }

  read(...content: Parameters<typeof octets>): this {
    const onError = (error: DecodeError) => this.errors.push(error);
    readMessage(message(set(256, ...content)), this.#store, {
      data: (set) => {
        do this.batches.push(new FlowBatch(this.#layout, new Dictionary()));
        while (!this.#reader.read(set, this.batches.at(-1)!, onError));
      },
      error: onError,
    });
    return this;
  }

  get flows() {
    return this.batches.flatMap((batch) => [...batch]);
  }
}

const portAndName = templateOf([7, 2], [101, 65535, 56506], [4, 1]);

describe('a column reader', () => {
  it('appends a row for each record of a set', () => {
    const reading = new Reading(portAndName).read(u16(443), text('web-1'), 6, u16(53), text(''), 17);
    expect(reading.flows).toEqual([
      { sourceTransportPort: 443, sourcePodName: 'web-1', protocolIdentifier: 6 },
      { sourceTransportPort: 53, protocolIdentifier: 17 },
    ]);
    expect(reading.errors).toEqual([]);
  });

  it('stops at a full batch and goes on in the next', () => {
    const records = [1, 2, 3, 4, 5].map((port) => [u16(port), text(`pod-${port}`), 6]);
    const reading = new Reading(portAndName, { capacity: 2 }).read(...records, '0000');
    expect(reading.batches.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(reading.flows.map(({ sourcePodName }) => sourcePodName)).toEqual(
      [1, 2, 3, 4, 5].map((n) => `pod-${n}`),
    );
    expect(reading.errors).toEqual([]);
  });

  it('finishes a set whose last record fills the batch', () => {
    const reading = new Reading(portAndName, { capacity: 1 }).read(u16(1), text('a'), 6, '000000');
    expect(reading.batches).toHaveLength(1);
  });

  it('appends below the rows of the batch', () => {
    const template = templateOf([7, 2]);
    const layout = new BatchLayout(['sourceTransportPort']);
    const batch = new FlowBatch(layout, new Dictionary());
    const reader = new ColumnReader(template, layout);
    const store = new TemplateStore();
    store.put(7, template);
    for (const port of [1, 2, 3]) {
      readMessage(message(set(256, u16(port))), store, {
        data: (data) => expect(reader.read(data, batch, unexpected)).toBe(true),
        error: unexpected,
      });
    }
    expect([...batch.columns.sourceTransportPort.subarray(0, batch.length)]).toEqual([1, 2, 3]);
  });

  it('overwrites columns that the template lacks with "no value"', () => {
    const layout = new BatchLayout(fieldNames, 4);
    const batch = new FlowBatch(layout, new Dictionary());
    for (const name of fieldNames) batch.columns[name].fill(7);
    const template = templateOf([7, 2]);
    const store = new TemplateStore();
    store.put(7, template);
    readMessage(message(set(256, u16(443))), store, {
      data: (data) => void new ColumnReader(template, layout).read(data, batch, unexpected),
      error: unexpected,
    });
    expect(batch.at(0)).toEqual({ sourceTransportPort: 443 });
    expect(batch.columns.octetTotalCount[0]).toBeNaN();
    expect(batch.columns.octetTotalCount[1]).toBe(7);
    expect([...batch.columns.sourceIP.subarray(0, 5)]).toEqual([0, 0, 0, 0, 7]);
  });

  it('leaves out columns that the batch lacks', () => {
    const reading = new Reading(portAndName, { fields: ['protocolIdentifier'] });
    reading.read(u16(443), text('web-1'), 6);
    expect(reading.flows).toEqual([{ protocolIdentifier: 6 }]);
    expect(reading.batches[0]?.columns.sourceTransportPort[0]).toBe(0);
    expect(reading.batches[0]?.dictionary.size).toBe(1);
  });
});

describe('numbers in columns', () => {
  it.each([
    ['2a', 42],
    ['0102', 258],
    ['010203', 66051],
    ['fffefdfc', 0xfffefdfc],
    ['ff01020304', 0xff01020304],
    ['ff0102030405', 0xff0102030405],
    ['00ffffffffffff', 2 ** 48 - 1],
    ['001fffffffffffff', 2 ** 53 - 1],
    ['ffffffffffffffff', 2 ** 64],
    ['000000000000000000000001', 1],
  ])('are read from a counter in the octets %s', (hex, value) => {
    const bytes = octets(hex);
    const { flows } = new Reading(templateOf([1, bytes.length], [4, 1])).read(bytes, 6);
    expect(flows).toEqual([{ octetDeltaCount: value, protocolIdentifier: 6 }]);
  });

  it('are read from a reduced size into any column', () => {
    const { flows } = new Reading(templateOf([7, 1], [10, 3], [4, 1])).read(80, '010203', 6);
    expect(flows).toEqual([{ sourceTransportPort: 80, ingressInterface: 0x010203, protocolIdentifier: 6 }]);
  });

  it('are clamped, not wrapped, where the column is narrower', () => {
    const template = templateOf([7, 4], [4, 2], [10, 8], [5, 1]);
    const { flows } = new Reading(template).read(u32(65_536 + 80), u16(256), '0000000100000002', 3);
    expect(flows).toEqual([
      {
        sourceTransportPort: 65_535,
        protocolIdentifier: 255,
        ingressInterface: 2 ** 32 - 1,
        ipClassOfService: 3,
      },
    ]);
  });

  it('are read from a variable length, too', () => {
    const { flows } = new Reading(templateOf([1, 65535], [7, 65535], [4, 1])).read(
      3,
      '010203',
      4,
      u32(70_000),
      6,
    );
    expect(flows).toEqual([{ octetDeltaCount: 66051, sourceTransportPort: 65_535, protocolIdentifier: 6 }]);
  });
});

describe('a number of variable length without octets', () => {
  it('is no value', () => {
    const { flows } = new Reading(templateOf([1, 65535], [7, 65535], [4, 1])).read(0, 0, 6);
    expect(flows).toEqual([{ sourceTransportPort: 0, protocolIdentifier: 6 }]);
  });
});

describe('times in columns', () => {
  it.each([
    ['flowStartSeconds', 150, '6553f100', 1_700_000_000_000],
    ['flowStartMilliseconds', 152, '0000018bcfe56807', 1_700_000_000_007],
    ['flowStartMicroseconds', 154, 'e8fe6f80 40000000', 1_700_000_000_250],
    ['flowStartNanoseconds', 156, 'e8fe6f80 80000000', 1_700_000_000_500],
    ['flowStartNanoseconds', 156, '00000000 80000000', 2_085_978_496_500],
  ])('are read from %s as milliseconds', (_, id, hex, milliseconds) => {
    const bytes = octets(hex);
    const { flows } = new Reading(templateOf([id, bytes.length])).read(bytes);
    expect(flows).toEqual([{ flowStartMilliseconds: milliseconds }]);
  });

  it.each([150, 152, 154, 156])('are absent when element %i is zero', (id) => {
    const octetCount = id === 150 ? 4 : 8;
    const { flows } = new Reading(templateOf([id, octetCount], [4, 1])).read(new Uint8Array(octetCount), 6);
    expect(flows).toEqual([{ protocolIdentifier: 6 }]);
  });

  it('come from the most precise element, in any position', () => {
    const bytes = [u32(1_700_000_000), '0000018bcfe56807'] as const;
    const one = new Reading(templateOf([150, 4], [152, 8])).read(...bytes);
    const other = new Reading(templateOf([152, 8], [150, 4])).read(bytes[1], bytes[0]);
    expect(one.flows).toEqual([{ flowStartMilliseconds: 1_700_000_000_007 }]);
    expect(other.flows).toEqual(one.flows);
  });
});

describe('addresses in columns', () => {
  const v6 = '20010db8000000000000000000000001';

  it('share a column in both families', () => {
    expect(new Reading(templateOf([8, 4])).read('0a000001').flows).toEqual([{ sourceIP: '10.0.0.1' }]);
    expect(new Reading(templateOf([27, 16])).read(v6).flows).toEqual([{ sourceIP: '2001:db8::1' }]);
  });

  it('come from the nonzero family if a record has both', () => {
    const zero = '00'.repeat(16);
    const both = new Reading(templateOf([8, 4], [27, 16])).read('0a000001', zero, '00000000', v6);
    expect(both.flows.map(({ sourceIP }) => sourceIP)).toEqual(['10.0.0.1', '2001:db8::1']);
    const swapped = new Reading(templateOf([27, 16], [8, 4])).read(zero, '0a000001', v6, '00000000');
    expect(swapped.flows).toEqual(both.flows);
  });

  it('come from the older Service element if the newer is zero', () => {
    const service = new Reading(templateOf([106, 4, 56506], [168, 4, 56506]));
    service.read('0a600001', '00000000', '00000000', '0a600002', '00000000', '00000000');
    expect(service.flows).toEqual([
      { destinationServiceIP: '10.96.0.1' },
      { destinationServiceIP: '10.96.0.2' },
      {},
    ]);
  });
});

describe('strings in columns', () => {
  it('have the same id for the same octets', () => {
    const [batch] = new Reading(templateOf([101, 65535, 56506])).read(
      text('a'),
      text('b'),
      text('a'),
      text(''),
    ).batches;
    expect([...batch!.columns.sourcePodName.subarray(0, 4)]).toEqual([1, 2, 1, 0]);
  });

  it('end before their zero padding in a fixed length', () => {
    const reading = new Reading(templateOf([101, 8, 56506])).read(
      Buffer.from('web\0\0\0\0\0'),
      '00'.repeat(8),
    );
    expect(reading.flows).toEqual([{ sourcePodName: 'web' }, {}]);
  });

  it('may have a length of three octets', () => {
    const reading = new Reading(templateOf([101, 65535, 56506], [4, 1]));
    reading.read(
      255,
      u16(3),
      Buffer.from('web'),
      6,
      255,
      u16(300),
      'x'.repeat(0),
      Buffer.alloc(300, 'y'),
      17,
    );
    expect(reading.flows).toEqual([
      { sourcePodName: 'web', protocolIdentifier: 6 },
      { sourcePodName: 'y'.repeat(300), protocolIdentifier: 17 },
    ]);
  });
});

describe('fields without a column', () => {
  it('are skipped, fixed and variable', () => {
    const template = templateOf([82, 65535], [9999, 3], [7, 2], [85, 65535, 4242], [12, 3], [4, 1]);
    const reading = new Reading(template).read(
      text('eth0'),
      '010203',
      u16(80),
      255,
      u16(2),
      'aabb',
      'c00002',
      6,
    );
    expect(reading.flows).toEqual([{ sourceTransportPort: 80, protocolIdentifier: 6 }]);
  });

  it('are skipped in any number', () => {
    const many = Array.from(
      { length: 500 },
      (_, i) => [9000 + i, i % 2 === 0 ? 65535 : 1] as [number, number],
    );
    const values = many.map((_, i) => (i % 2 === 0 ? text(i % 3 === 0 ? 'x' : '') : 9));
    const reading = new Reading(templateOf([7, 2], ...many, [4, 1]));
    expect(reading.read(u16(80), values, 6, u16(81), values, 17).flows).toEqual([
      { sourceTransportPort: 80, protocolIdentifier: 6 },
      { sourceTransportPort: 81, protocolIdentifier: 17 },
    ]);
    expect(reading.read(u16(80), values).errors).toMatchObject([{ field: 'protocolIdentifier' }]);
  });

  it('include an element that occurs again', () => {
    const { flows } = new Reading(templateOf([7, 2], [7, 2], [4, 1])).read(u16(80), u16(81), 6);
    expect(flows).toEqual([{ sourceTransportPort: 80, protocolIdentifier: 6 }]);
  });

  it('do not include an element that follows an unreadable one', () => {
    const { flows } = new Reading(templateOf([150, 65535], [150, 4], [4, 1])).read(1, 9, u32(60), 6);
    expect(flows).toEqual([{ flowStartMilliseconds: 60_000, protocolIdentifier: 6 }]);
  });
});

describe('a truncated record', () => {
  it.each([
    ['in the first field', octets(1), 'sourceTransportPort', 28],
    ['before a length', octets(u16(80)), 'sourcePodName', 30],
    ['in a length of three octets', octets(u16(80), 255, 0), 'sourcePodName', 30],
    ['in a string', octets(u16(80), 9, 'aabb'), 'sourcePodName', 30],
    ['after a string', octets(u16(80), text('abc')), 'protocolIdentifier', 34],
  ])('(%s) is reported with its field, after the rows before it', (_, rest, field, offset) => {
    const reading = new Reading(portAndName).read(u16(443), text('web1'), 6, rest);
    expect(reading.flows).toHaveLength(1);
    expect(reading.errors).toMatchObject([
      { domain: 7, setId: 256, templateId: 256, field, offset, reason: 'record-truncated' },
    ]);
  });
});
