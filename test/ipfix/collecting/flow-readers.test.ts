import { describe, expect, it } from 'vitest';
import { FlowReaders } from '../../../src/ipfix/collecting/flow-readers.ts';
import { createTemplate, elementNamed } from '../../../src/ipfix/index.ts';

/** A template whose first field has so many octets. */
const flowTemplate = (octets: number) =>
  createTemplate(256, [
    { element: elementNamed('octetTotalCount')!, length: octets },
    { element: elementNamed('sourceIPv4Address')! },
  ]);

describe('the readers of flow templates', () => {
  it('are compiled once for templates that describe the same octets, whoever announced them', () => {
    const readers = new FlowReaders(8);
    const reader = readers.readerOf(flowTemplate(8));
    expect(reader?.batch.layout.fields).toEqual(['sourceIP', 'octetTotalCount']);
    expect(readers.readerOf(flowTemplate(8))).toBe(reader);
    expect(readers.readerOf(flowTemplate(4))).not.toBe(reader);
  });

  it('are not made for templates that tell no flow', () => {
    const statistics = createTemplate(256, [{ element: elementNamed('exportedMessageTotalCount')! }]);
    expect(new FlowReaders(8).readerOf(statistics)).toBeUndefined();
  });
});
