import { describe, expect, it } from 'vitest';
import { ByteBuffer, batchOf, type FlowRecord } from '../../src/flow/index.ts';
import { FlowTemplates, type RecordKind } from '../../src/ipfix/flow-mapping.ts';
import { JsonRecordWriter } from '../../src/ipfix/json-record-writer.ts';
import { defaultContents, type RecordContents } from '../../src/ipfix/record-contents.ts';
import type { Value } from '../../src/ipfix/wire/index.ts';
import { completeRecord, message } from '../support/ipfix.ts';
import { Collected } from '../support/ipfix-collected.ts';

const NOW = Date.UTC(2026, 0, 31, 10, 0, 1, 5);

/** A record as a line of JSON, and the same record as IPFIX, read by the generic reader. */
function bothForms(record: FlowRecord, kind: RecordKind, contents: RecordContents = defaultContents) {
  const batch = batchOf([record]);
  const templates = new FlowTemplates(kind, contents);
  const ids = new Uint16Array(1);
  templates.chooseIds(batch, ids);
  const { template, writer } = templates.get(ids[0]!);
  const json = new JsonRecordWriter(template, contents);
  const into = new ByteBuffer(16);
  json.bind(batch);
  json.writeLine(0, NOW, into);
  const text = new TextDecoder().decode(into.written);

  const octets = message({}, (into) => {
    into.writeTemplate(template);
    into.writeRows(writer, batch, 0, 1);
  });
  const { records, errors } = new Collected().read(octets);
  expect(errors).toEqual([]);
  const values = Object.fromEntries(
    template.fields.map(({ element }, i): [string, Value] => {
      const value = records[0]!.values[i]!;
      return [element.name, element.type === 'dateTimeSeconds' ? Number(value) / 1000 : value];
    }),
  );
  return { text, line: JSON.parse(text) as { '@timestamp': string; ipfix: Record<string, unknown> }, values };
}

describe('a record as JSON', () => {
  it.each([
    ['agent', 4],
    ['agent', 6],
    ['aggregated', 4],
    ['aggregated', 6],
  ] as const)('has the elements and values of the same record as IPFIX: %s, IPv%i', (kind, family) => {
    const { text, line, values } = bothForms(completeRecord(kind, family), kind);
    expect(text.endsWith('}}\n')).toBe(true);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(Object.keys(line)).toEqual(['@timestamp', 'ipfix']);
    expect(line['@timestamp']).toBe('2026-01-31T10:00:01.005Z');
    expect(Object.keys(line.ipfix)).toEqual(Object.keys(values));
    expect(line.ipfix).toEqual(values);
  });

  it('leaves out the counters that its template leaves out, and shows other absent values as IPFIX does', () => {
    const record = { sourceIP: '10.0.0.1', destinationIP: '10.0.0.2', octetTotalCount: 7 };
    const { line, values } = bothForms(record, 'aggregated');
    expect(line.ipfix).toEqual(values);
    expect(line.ipfix).toMatchObject({
      octetTotalCount: 7,
      packetTotalCount: 0,
      sourcePodName: '',
      proxySnatIPv4: '0.0.0.0',
    });
    expect(line.ipfix).not.toHaveProperty('reverseOctetTotalCount');
    expect(line.ipfix).not.toHaveProperty('octetTotalCountFromSourceNode');
  });

  it('stays one line with any names', () => {
    const name = 'a"\\b\n\u0007\u001b[2J\u2028é';
    const { text, line } = bothForms({ ...completeRecord('agent', 4), sourcePodName: name }, 'agent');
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(text).not.toContain('\u001b');
    expect(line.ipfix.sourcePodName).toBe(name);
  });

  it('has no UIDs, and labels only if it may', () => {
    const contents = { names: false, uids: true, podLabels: false };
    const { line } = bothForms(completeRecord('aggregated', 4), 'aggregated', contents);
    expect(line.ipfix).toMatchObject({ sourcePodLabels: '', destinationPodLabels: '' });
    expect(Object.keys(line.ipfix).filter((name) => /UUID$|(Pod|Node)Name$/.test(name))).toEqual([]);
  });
});
