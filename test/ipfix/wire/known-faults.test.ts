/** Faults that other IPFIX implementations have shipped, and that this one must not have. */
import { expect, it } from 'vitest';
import { batchOf } from '../../../src/flow/index.ts';
import { ColumnWriter, createTemplate, elementNamed, MessageWriter } from '../../../src/ipfix/wire/index.ts';
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

it('the second set of a message is read as a set', () => {
  const collected = new Collected().read(message(set(2, template(256, [4, 1])), set(256, 6), set(256, 17)));
  expect(collected.fields).toEqual([{ protocolIdentifier: 6 }, { protocolIdentifier: 17 }]);
});

it('the second template of a set is read as a template', () => {
  const collected = new Collected().read(message(set(2, template(256, [4, 1]), template(257, [7, 2]))));
  expect(collected.templates.map((announced) => announced.template.id)).toEqual([256, 257]);
});

it('padding after the last record is not a record', () => {
  const collected = new Collected().read(
    message(set(2, template(256, [8, 4])), set(256, '0a000001', '000000')),
  );
  expect(collected.fields).toEqual([{ sourceIPv4Address: '10.0.0.1' }]);
  expect(collected.errors).toEqual([]);
});

it('the length in the template decides, not that of the type', () => {
  const collected = new Collected().read(
    message(set(2, template(256, [1, 4], [2, 2], [7, 1])), set(256, u32(1_000_000), u16(1000), 80)),
  );
  expect(collected.fields).toEqual([
    { octetDeltaCount: 1_000_000, packetDeltaCount: 1000, sourceTransportPort: 80 },
  ]);
});

it('options templates and their records are read', () => {
  const collected = new Collected().read(
    message(
      set(3, optionsTemplate(400, 1, [149, 4], [41, 8], [42, 4])),
      set(400, u32(7), '0000000000000005', u32(9)),
    ),
  );
  expect(collected.errors).toEqual([]);
  expect(collected.fields).toEqual([
    { observationDomainId: 7, exportedMessageTotalCount: 5, exportedFlowRecordTotalCount: 9 },
  ]);
});

it('records after a withdrawal have an unknown template, not an empty one', () => {
  const collected = new Collected().read(
    message(set(2, template(256, [4, 1])), set(2, u16(256), u16(0)), set(256, 6, 17)),
  );
  expect(collected.records).toEqual([]);
  expect(collected.reasons).toEqual(['template-unknown']);
});

it('a truncated record is an error, not an exception', () => {
  const collected = new Collected().read(
    message(set(2, template(256, [82, 65535], [1, 8])), set(256, text('eth0'), '00000000')),
  );
  expect(collected.errors).toMatchObject([{ field: 'octetDeltaCount', reason: 'record-truncated' }]);
});

it('the records before one with truncated strings are kept', () => {
  const collected = new Collected().read(
    message(set(2, template(256, [82, 65535], [83, 65535])), set(256, text('a'), text('b'), 5, 'aabbccddee')),
  );
  expect(collected.fields).toEqual([{ interfaceName: 'a', interfaceDescription: 'b' }]);
  expect(collected.errors).toMatchObject([{ field: 'interfaceDescription', reason: 'record-truncated' }]);
});

it('an octetArray has a text form', () => {
  const uuid = '6ba7b8109dad11d180b400c04fd430c8';
  const collected = new Collected().read(message(set(2, template(256, [159, 16, 56506])), set(256, uuid)));
  expect(collected.fields).toEqual([{ sourcePodUUID: uuid }]);
});

it('a broken template drops its predecessor, so no record is read by an old template', () => {
  const collected = new Collected().read(
    message(set(2, template(256, [4, 1]))),
    message(set(2, u16(256), u16(9), '0004 0001')),
    message(set(256, 6)),
  );
  expect(collected.reasons).toEqual(['template-truncated', 'template-unknown']);
  expect(collected.records).toEqual([]);
});

it('a template with an unknown element is used, and the value is kept', () => {
  const collected = new Collected().read(
    message(set(2, template(256, [4, 1], [9, 65535, 4242])), set(256, 6, 2, 'beef')),
  );
  expect(collected.fields).toEqual([{ protocolIdentifier: 6, e4242id9: 'beef' }]);
});

it('a string too long for any message is reported without an exception, and no part is sent', () => {
  const labels = createTemplate(256, [{ element: elementNamed('sourcePodLabels')! }]);
  const writer = new MessageWriter();
  writer.start({ domain: 7, sequenceNumber: 1, exportTimeSeconds: 1_700_000_000 });
  const batch = batchOf([{ sourcePodLabels: 'x'.repeat(70_000) }]);
  expect(writer.writeRows(new ColumnWriter(labels), batch, 0, 1)).toBe(0);
  expect(writer.finish()).toEqual(message(octets()));
});
