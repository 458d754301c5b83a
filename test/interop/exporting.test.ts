import { expect, it } from 'vitest';
import { elementsOf, type FieldName, type FlowRecord, fieldNames } from '../../src/flow/index.ts';
import { elementNamed, type RecordContents, type RecordKind, recordElements } from '../../src/ipfix/index.ts';
import { optionsTemplates } from '../../src/ipfix/options-templates.ts';
import { defaultContents, elementsWith, isUid } from '../../src/ipfix/record-contents.ts';
import { startCapture } from '../support/capture.ts';
import { completeRecord } from '../support/ipfix.ts';
import { createNamespace } from '../support/namespace.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import {
  address,
  decodeWithTshark,
  type TsharkDecoding,
  type TsharkField,
  text,
  unsigned,
} from '../support/tshark.ts';

const modules = {
  flow: '../../src/flow/index.ts',
  support: '../support/ipfix.ts',
  until: '../support/until.ts',
};
const url = (module: keyof typeof modules) => JSON.stringify(new URL(modules[module], import.meta.url).href);

/**
 * Exports a complete record of each family on a fresh namespace's loopback, and decodes the packets by
 * tshark.
 */
async function decodedByTshark(
  protocol: 'tcp' | 'udp',
  host: string,
  kind: RecordKind,
  contents: RecordContents = defaultContents,
  optionsRecords?: { readonly statisticsIntervalMs: number },
): Promise<TsharkDecoding> {
  await using namespace = await createNamespace('exporting');
  using directory = new TemporaryDirectory();
  const capture = await startCapture({ namespace, device: 'lo', file: directory.file('exported.pcap') });
  await namespace.runSource(`
    import { batchOf } from ${url('flow')};
    import { completeRecord, startCollector, startExporter } from ${url('support')};
    import { until } from ${url('until')};
    const receiving = await startCollector({ listen: [{ protocol: '${protocol}', host: '${host}', port: 4739 }] });
    const contents = ${JSON.stringify(contents)};
    const optionsRecords = ${optionsRecords === undefined ? 'undefined' : `{ ...${JSON.stringify(optionsRecords)}, ignoredPackets: () => 17 }`};
    const options = { records: '${kind}', contents, optionsRecords, observationDomainId: 4_000_000_000, firstSequenceNumber: 0xffff_ffff };
    const sending = await startExporter(receiving.address, options);
    for (const family of [4, 6]) {
      sending.exporter.send(batchOf([completeRecord('${kind}', family)]));
      await until('the record', () => receiving.flows.length === (family === 4 ? 1 : 2));
    }
    await sending.exporter.stop(1_000);
    await receiving.collector.stop(1_000);
  `);
  await capture.stop();
  return await decodeWithTshark(capture.file, { port: 4739, transport: protocol });
}

/** The field and the element for a name in a record of a family. */
function elementIn(name: string, family: 4 | 6) {
  for (const field of fieldNames) {
    const index = elementsOf(field, 4).findIndex((element) => element.name === name);
    if (index >= 0) return { field, element: elementsOf(field, family)[index]! };
  }
  throw new Error(`${name} is in no field`);
}

/** tshark's octets as the record's value of the element. */
function valueSeen(seen: TsharkField, type: string, record: FlowRecord, field: FieldName): unknown {
  if (type === 'string') return text(seen);
  if (type.endsWith('Address')) return address(seen);
  const value = Number(unsigned(seen));
  if (type === 'dateTimeSeconds') {
    // The seconds of a time that is also sent with milliseconds.
    return value === Math.floor(Number(record[field]) / 1000) ? record[field] : value * 1000;
  }
  return value;
}

requires(
  'namespaces',
  'tcpdump',
  'tshark',
)('exported records decoded by tshark', () => {
  it.each([
    ['udp', '127.0.0.1', 'agent'],
    ['udp', '::1', 'aggregated'],
    ['tcp', '127.0.0.1', 'aggregated'],
    ['tcp', '::1', 'agent'],
  ] as const)('have each value in its own element: %s to %s, %s', async (protocol, host, kind) => {
    const { records, complaints, undecodedSets } = await decodedByTshark(protocol, host, kind);
    expect({ complaints, undecodedSets }).toEqual({ complaints: [], undecodedSets: 0 });
    expect(records.map(({ templateId }) => templateId)).toEqual([256, 257]);
    expect(records.map(({ sequenceNumber }) => sequenceNumber)).toEqual([0xffff_ffff, 0]);
    for (const [index, family] of ([4, 6] as const).entries()) {
      const seen = records[index]!;
      const sent = completeRecord(kind, family);
      expect(seen.observationDomainId).toBe(4_000_000_000);
      expect(seen.fields).toHaveLength(recordElements[kind].length);
      for (const [place, name] of recordElements[kind].entries()) {
        const { field, element } = elementIn(name, family);
        const found = seen.fields[place]!;
        expect(found, element.name).toMatchObject({ enterprise: element.enterprise, id: element.id });
        expect(valueSeen(found, element.type, sent, field), element.name).toBe(sent[field]);
      }
    }
  });

  it('have zeros for UIDs, empty labels, no names, and each other value in its own element', async () => {
    const contents = { names: false, uids: true, podLabels: false };
    const { records, complaints } = await decodedByTshark('udp', '127.0.0.1', 'aggregated', contents);
    expect(complaints).toEqual([]);
    const sent = completeRecord('aggregated', 4);
    const expected = elementsWith(contents, recordElements.aggregated);
    expect(records[0]!.fields).toHaveLength(expected.length);
    for (const [place, name] of expected.entries()) {
      const found = records[0]!.fields[place]!;
      const { enterprise, id } = elementNamed(name)!;
      expect(found, name).toMatchObject({ enterprise, id });
      if (isUid(name)) expect(found.hex, name).toBe('00'.repeat(16));
      else if (name.endsWith('PodLabels')) expect(text(found), name).toBe('');
      else {
        const { field, element } = elementIn(name, 4);
        expect(valueSeen(found, element.type, sent, field), name).toBe(sent[field]);
      }
    }
  });

  it.each([
    ['udp', 'aggregated'],
    ['tcp', 'agent'],
  ] as const)(
    'among options records over %s: %s, with their own values and sequence numbers',
    async (protocol, kind) => {
      const hourly = { statisticsIntervalMs: 3_600_000 };
      const decoding = await decodedByTshark(protocol, '127.0.0.1', kind, defaultContents, hourly);
      const { records, complaints, undecodedSets } = decoding;
      expect({ complaints, undecodedSets }).toEqual({ complaints: [], undecodedSets: 0 });
      expect(records.filter(({ scopeFieldCount }) => scopeFieldCount === 0)).toHaveLength(2);
      const numbersOf = (template: keyof typeof optionsTemplates) =>
        records
          .filter(({ templateId }) => templateId === optionsTemplates[template].id)
          .map(({ fields, scopeFieldCount }) => {
            expect(scopeFieldCount).toBe(optionsTemplates[template].scopeFieldCount);
            for (const [place, { element }] of optionsTemplates[template].fields.entries())
              expect(fields[place]).toMatchObject({ enterprise: 0, id: element.id });
            return fields.map((field) => unsigned(field));
          });
      expect(numbersOf('meteringLosses').at(-1)!.slice(0, 2)).toEqual([4_000_000_000n, 17n]);
      expect(numbersOf('exportingLosses').at(-1)!.slice(1, 4)).toEqual([0n, 0n, 0n]);
      const [domain, messages, flows, octets] = numbersOf('meteringStatistics').at(-1)!;
      expect([domain, flows]).toEqual([4_000_000_000n, 2n]);
      expect(messages).toBeGreaterThan(4n);
      expect(octets).toBeGreaterThan(16n * messages!);
      const keys = numbersOf('flowKeys');
      const placesOf = (indicator: bigint) =>
        [...indicator.toString(2)].reverse().flatMap((bit, at) => (bit === '1' ? [at] : []));
      for (const [index, family] of ([4, 6] as const).entries()) {
        const record = records.find(({ templateId }) => templateId === 256 + index)!;
        const indicator = keys.find(([templateId]) => templateId === BigInt(256 + index))![1]!;
        const keyIds = placesOf(indicator).map((place) => record.fields[place]!.id);
        expect(keyIds).toEqual(expect.arrayContaining(family === 4 ? [4, 7, 8, 11, 12] : [4, 7, 11, 27, 28]));
      }
      const types = records.filter(({ templateId }) => templateId === optionsTemplates.elementTypes.id);
      for (const name of recordElements[kind]) {
        const { enterprise, id } = elementNamed(name)!;
        const described = types.find(
          ({ fields }) => unsigned(fields[0]!) === BigInt(enterprise) && unsigned(fields[1]!) === BigInt(id),
        );
        if (enterprise === 56506) expect(text(described!.fields[7]!)).toBe(name);
        else expect(described).toBeUndefined();
      }
      expectConsecutive(records);
    },
  );
});

/** Each message's sequence number is that of the one before, and the number of its records. */
function expectConsecutive(records: TsharkDecoding['records']): void {
  let expected = 0xffff_ffff;
  const groups = Map.groupBy(records, ({ sequenceNumber }) => sequenceNumber);
  for (const [sequenceNumber, group] of groups) {
    expect(sequenceNumber).toBe(expected);
    expected = (expected + group.length) % 2 ** 32;
  }
}
