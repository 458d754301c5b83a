import { describe, expect, it } from 'vitest';
import {
  ipfixFormat,
  MessageReader,
  messageLengthAt,
  readMessage,
  TemplateStore,
} from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import {
  message,
  octets,
  optionsTemplate,
  set,
  template,
  text,
  u16,
  u32,
} from '../../support/ipfix-octets.ts';

/** sourceTransportPort and interfaceName: three octets at least. */
const portAndName = template(256, [7, 2], [82, 65535]);
const announced = () => new Collected().read(message(set(2, portAndName)));

describe('a message', () => {
  it('is read with all its sets: two templates, records of both, options', () => {
    const collected = new Collected().read(
      message(
        set(2, portAndName, template(300, [1, 8], [4, 1])),
        set(3, optionsTemplate(400, 1, [149, 4], [41, 8])),
        set(256, u16(443), text('eth0'), u16(53), text('')),
        set(300, '00000000 00000fa0', 6),
        set(400, u32(7), '00000000 00000005'),
      ),
    );
    expect(collected.errors).toEqual([]);
    expect(collected.headers).toEqual([
      { length: expect.any(Number), exportTimeSeconds: 1_700_000_000, sequenceNumber: 1, domain: 7 },
    ]);
    expect(collected.fields).toEqual([
      { sourceTransportPort: 443, interfaceName: 'eth0' },
      { sourceTransportPort: 53, interfaceName: '' },
      { octetDeltaCount: 4000, protocolIdentifier: 6 },
      { observationDomainId: 7, exportedMessageTotalCount: 5 },
    ]);
    expect(collected.templates.map(({ template: { id, scopeFieldCount } }) => [id, scopeFieldCount])).toEqual(
      [
        [256, 0],
        [300, 0],
        [400, 1],
      ],
    );
  });

  it('has its templates kept even without a handler for them', () => {
    const [store, setIds]: [TemplateStore, number[]] = [new TemplateStore(), []];
    const error = (found: unknown) => expect.unreachable(JSON.stringify(found));
    const data = (found: { template: { id: number } }) => setIds.push(found.template.id);
    readMessage(message(set(2, portAndName), set(256, u16(443), text('eth0'))), store, { data, error });
    expect(setIds).toEqual([256]);
  });

  it('is read part by part: a data set, or one of the templates of a set', () => {
    const bytes = message(
      set(2, portAndName, template(257, [7, 2]), template(258, [7, 2]), '0000'),
      set(257, u16(443)),
      set(3, optionsTemplate(400, 1, [149, 4])),
    );
    const read: number[] = [];
    const reader = new MessageReader({
      template: ({ id }) => void read.push(id),
      data: ({ template: { id } }) => void read.push(id),
      error: (found) => expect.unreachable(JSON.stringify(found)),
    });
    expect(reader.open(ipfixFormat, bytes, new TemplateStore(), 0, bytes.length)).toBe(true);
    for (const ids of [[256], [256, 257], [256, 257, 258], [256, 257, 258, 257]]) {
      reader.readPart();
      expect([read, reader.isDone]).toEqual([ids, false]);
    }
    reader.readPart();
    expect([read.at(-1), reader.isDone]).toEqual([400, true]);
  });

  it('is read in place, from within a larger buffer', () => {
    const bytes = message(set(256, u16(443), text('eth0')));
    const collected = announced();
    collected.read(octets('ffff', bytes, 'ffff').subarray(2, -2));
    expect(collected.fields).toEqual([{ sourceTransportPort: 443, interfaceName: 'eth0' }]);
  });

  it('is read by its own templates even without a handler for them', () => {
    const bytes = message(set(2, portAndName), set(256, u16(443), text('eth0')));
    const [read, errors]: [number[], unknown[]] = [[], []];
    const error = (found: unknown) => errors.push(found);
    readMessage(bytes, new TemplateStore(), { data: ({ template: { id } }) => read.push(id), error });
    expect(errors).toEqual([]);
    expect(read).toEqual([256]);
  });

  it('may have no sets', () => {
    const collected = new Collected().read(message());
    expect(collected.headers).toHaveLength(1);
    expect(collected.errors).toEqual([]);
  });

  it('keeps its record when octets of no message follow', () => {
    const collected = announced().read(octets(message(set(256, u16(443), text('eth0'))), '00'));
    expect(collected.fields).toHaveLength(1);
    expect(collected.errors).toEqual([
      { offset: 27, domain: 7, reason: 'trailing-octets', text: '1 octets follow the message' },
    ]);
  });
});

describe('padding after the last record', () => {
  it('is skipped if it is zero and shorter than a record', () => {
    const collected = announced().read(message(set(256, u16(443), text('eth0'), '0000')));
    expect(collected.fields).toHaveLength(1);
    expect(collected.errors).toEqual([]);
  });

  it('is skipped with any octets if it only aligns the set after records of fixed length', () => {
    const collected = new Collected().read(
      message(set(2, template(300, [8, 4], [4, 1])), set(300, '0a00000111', 'deadbf')),
    );
    expect(collected.fields).toHaveLength(1);
    expect(collected.errors).toEqual([]);
  });

  it('is a truncated record if it is nonzero and aligns nothing', () => {
    const collected = announced().read(message(set(256, u16(443), text('eth0'), '01bb')));
    expect(collected.fields).toHaveLength(1);
    expect(collected.errors).toEqual([
      {
        offset: 29,
        domain: 7,
        setId: 256,
        templateId: 256,
        field: 'interfaceName',
        reason: 'record-truncated',
        text: 'the set ends within interfaceName, 0 octets after its start',
      },
    ]);
  });

  it('is skipped after templates, too', () => {
    const collected = new Collected().read(message(set(2, portAndName, '000000'), set(3, '00000000')));
    expect(collected.templates).toHaveLength(1);
    expect(collected.errors).toEqual([]);
  });
});

describe('a broken message is discarded as a whole, with one error:', () => {
  const good = set(256, u16(443), text('eth0'));
  it.each([
    ['no octets', octets(), 'message-header-truncated', 0],
    ['fifteen octets', message().subarray(0, 15), 'message-header-truncated', 0],
    ['version 9', octets(u16(9), message().subarray(2)), 'version-not-ipfix', 0],
    ['a length of 15', octets(u16(10), u16(15), message().subarray(4)), 'message-length-invalid', 2],
    ['a length beyond what came', message(good).subarray(0, -1), 'message-truncated', 2],
    ['a set of length 0', message(good, u16(256), u16(0)), 'set-length-invalid', 27],
    ['a set of length 1', message(good, u16(256), u16(1)), 'set-length-invalid', 27],
    ['a set of length 3', message(good, u16(256), u16(3)), 'set-length-invalid', 27],
    ['a set beyond the message', message(good, u16(256), u16(5)), 'set-beyond-message', 27],
    ['a set of length 65535', message(good, u16(256), u16(65535)), 'set-beyond-message', 27],
    ['three octets of a set header', message(good, '010000'), 'set-header-truncated', 27],
  ])('%s', (_, bytes, reason, offset) => {
    const collected = announced();
    collected.headers.length = 0;
    collected.read(bytes);
    expect(collected.errors).toHaveLength(1);
    expect(collected.errors[0]).toMatchObject({ reason, offset });
    expect(collected.records).toEqual([]);
    expect(collected.headers).toEqual([]);
  });
});

describe('a set', () => {
  it('may be empty', () => {
    expect(announced().read(message(set(256), set(2), set(3))).errors).toEqual([]);
  });

  it.each([0, 1, 4, 255])('is reported if it has the reserved id %i, and the next one is read', (id) => {
    const collected = announced().read(message(set(id, '00'), set(256, u16(443), text('eth0'))));
    expect(collected.errors).toMatchObject([{ offset: 16, setId: id, domain: 7, reason: 'set-id-reserved' }]);
    expect(collected.records).toHaveLength(1);
  });

  it('is reported with its octets if its template is unknown', () => {
    const collected = new Collected().read(message(set(256, u16(443), text('eth0'))));
    expect(collected.errors).toEqual([
      {
        offset: 20,
        domain: 7,
        setId: 256,
        templateId: 256,
        reason: 'template-unknown',
        text: '7 octets of records arrived before template 256',
      },
    ]);
  });
});

describe('a message in a stream', () => {
  const bytes = message(set(256, u16(443), text('eth0')));

  it('states its length in its first four octets', () => {
    expect(messageLengthAt(bytes.subarray(0, 3), 0)).toBe(0);
    expect(messageLengthAt(bytes.subarray(0, 4), 0)).toBe(27);
    expect(messageLengthAt(octets('ff', bytes), 1)).toBe(27);
  });

  it('ends the stream if it is not an IPFIX message', () => {
    expect(messageLengthAt(octets('0009 0020'), 0)).toBe(-1);
    expect(messageLengthAt(octets('000a 000f'), 0)).toBe(-1);
  });
});
