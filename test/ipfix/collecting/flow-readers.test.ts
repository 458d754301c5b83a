import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type FlowReader, FlowReaders } from '../../../src/ipfix/collecting/flow-readers.ts';
import { createTemplate, elementNamed, elementOf } from '../../../src/ipfix/index.ts';
import { until } from '../../support/until.ts';

/** A template of an agent whose first field has so many octets. */
const flowTemplate = (octets: number) =>
  createTemplate(256, [
    { element: elementNamed('octetTotalCount')!, length: octets },
    { element: elementNamed('sourceIPv4Address')! },
    { element: elementNamed('sourceNodeName')! },
  ]);

/** A template of a layout that no other number has. */
const numbered = (number: number) =>
  createTemplate(256, [
    { element: elementNamed('sourceIPv4Address')! },
    { element: elementNamed('sourceNodeName')! },
    { element: elementOf(40_000, number + 1), length: 1 },
  ]);

class Bed {
  readonly events = new Map<string, number>();
  now = 0;
  /** That each look at the clock takes, in milliseconds. */
  tick = 0;
  readonly readers = new FlowReaders(
    8,
    (event) => this.events.set(event, (this.events.get(event) ?? 0) + 1),
    () => {
      this.now += this.tick;
      return this.now;
    },
  );

  isCompiled(reader: FlowReader | undefined): boolean {
    return reader !== undefined && reader.batch !== this.readers.readerOf(flowTemplate(1))!.batch;
  }

  /** The reader of a template that has brought enough records. */
  earn(template = flowTemplate(8), source = '192.0.2.1') {
    this.readers.readerOf(template);
    this.readers.credit(template, 1024, source);
    return this.readers.readerOf(template);
  }
}

describe('the readers of flow templates', () => {
  it('are interpreted and share a batch until a template has brought 1024 records', () => {
    const { readers, events } = new Bed();
    const [one, other] = [flowTemplate(8), flowTemplate(4)];
    const plain = readers.readerOf(one)!;
    expect(readers.readerOf(other)!.batch).toBe(plain.batch);
    readers.credit(one, 1023, '192.0.2.1');
    expect(readers.readerOf(one)).toBe(plain);
    readers.credit(one, 1, '192.0.2.1');
    const compiled = readers.readerOf(one)!;
    expect(compiled.batch).not.toBe(plain.batch);
    expect(compiled.batch.layout.fields).toEqual(['sourceIP', 'octetTotalCount', 'sourceNodeName']);
    expect(compiled.batch.isForeign).toBe(false);
    expect(events.size).toBe(0);
  });

  it('are compiled once for templates with the same layout, from any exporter', () => {
    const bed = new Bed();
    const compiled = bed.earn();
    expect(bed.readers.readerOf(flowTemplate(8))).toBe(compiled);
    expect(bed.earn(flowTemplate(4))).not.toBe(compiled);
  });

  it('are compiled after 1024 records of all exporters together that announce the layout', () => {
    const { readers } = new Bed();
    const announced = Array.from({ length: 1_000 }, () => flowTemplate(8));
    const plain = announced.map((template) => readers.readerOf(template));
    expect(new Set(plain).size).toBe(1);
    for (const template of announced) readers.credit(template, 2, '192.0.2.1');
    const [compiled, ...others] = new Set(announced.map((template) => readers.readerOf(template)));
    expect(compiled).not.toBe(plain[0]);
    expect(others).toEqual([]);
  });

  it('are compiled for a template of a layout that 2000 other layouts have followed', () => {
    const bed = new Bed();
    const early = flowTemplate(8);
    const plain = bed.readers.readerOf(early);
    for (let number = 0; number < 2_000; number++) bed.readers.readerOf(numbered(number));
    expect(bed.earn(early)!.batch).not.toBe(plain!.batch);
  });

  it('use a batch of another kind for templates without agent elements', () => {
    const bed = new Bed();
    const template = createTemplate(256, [
      { element: elementNamed('sourceIPv4Address')! },
      { element: elementNamed('initiatorOctets')! },
    ]);
    const plain = bed.readers.readerOf(template)!;
    expect(plain.batch).not.toBe(bed.readers.readerOf(flowTemplate(8))!.batch);
    const compiled = bed.earn(template)!;
    for (const { batch, foreign } of [plain, compiled]) {
      expect([batch.isForeign, foreign?.fields]).toEqual([true, compiled.batch.layout.fields]);
    }
    expect(compiled.batch.layout.fields).toEqual([
      'flowStartMilliseconds',
      'flowEndMilliseconds',
      'sourceIP',
      'octetDeltaCount',
      'samplingInterval',
      'sampledOctetDeltaCount',
    ]);
  });

  it('are not made for templates that describe no flow', () => {
    const statistics = createTemplate(256, [{ element: elementNamed('exportedMessageTotalCount')! }]);
    expect(new Bed().readers.readerOf(statistics)).toBeUndefined();
  });

  it('are not compiled for a template of more than 512 fields', () => {
    const fields = Array.from({ length: 512 }, (_, i) => ({ element: elementOf(40_000, i + 1), length: 1 }));
    const wide = createTemplate(256, [{ element: elementNamed('sourceIPv4Address')! }, ...fields]);
    const bed = new Bed();
    expect(bed.earn(wide)).toBe(bed.readers.readerOf(wide));
    expect(bed.events.size).toBe(0);
  });

  it('drop the least recently used compiled reader, and interpret its template again', () => {
    const bed = new Bed();
    const used = flowTemplate(8);
    const unused = flowTemplate(4);
    bed.earn(used);
    bed.earn(unused);
    for (let number = 0; number < 63; number++) {
      bed.readers.readerOf(used);
      bed.earn(numbered(number));
    }
    expect(Object.fromEntries(bed.events)).toEqual({ 'readers evicted': 1 });
    expect(bed.readers.readerOf(used)!.batch.layout.fields).toHaveLength(3);
    const plain = bed.readers.readerOf(unused)!;
    expect(plain.batch).toBe(bed.readers.readerOf(flowTemplate(2))!.batch);
    expect(bed.earn(unused)).not.toBe(plain);
  });

  it('are garbage-collected once dropped, though their templates live on', async () => {
    const bed = new Bed();
    const templates = Array.from({ length: 200 }, (_, number) => numbered(number));
    const compiled = templates.map((template) => new WeakRef(bed.earn(template)!.columns));
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    await until('the readers beyond the 64 that are kept to be collected', () => {
      gc();
      return compiled.filter((reader) => reader.deref() !== undefined).length <= 64;
    });
    expect(templates.map((template) => bed.readers.readerOf(template))).toHaveLength(200);
  });
});

describe('the compilation time budget', () => {
  it('ends for a source that used its 100 ms per minute, but not for others', () => {
    const bed = new Bed();
    bed.tick = 30;
    const isCompiled = (number: number, source: string) => bed.isCompiled(bed.earn(numbered(number), source));
    const first = [0, 1, 2, 3, 4, 5].map((number) => isCompiled(number, '192.0.2.1'));
    expect(first).toEqual([true, true, true, true, false, false]);
    expect(Object.fromEntries(bed.events)).toEqual({ 'compilations put off': 2 });
    expect(isCompiled(6, '192.0.2.2')).toBe(true);
    bed.now += 60_000;
    expect(isCompiled(5, '192.0.2.1')).toBe(true);
  });

  it('ends for all once they used 600 ms per minute', () => {
    const bed = new Bed();
    bed.tick = 90;
    const readers = Array.from({ length: 20 }, (_, n) => bed.earn(numbered(n), `192.0.2.${n}`));
    expect(readers.filter((reader) => bed.isCompiled(reader))).toHaveLength(7);
    expect(Object.fromEntries(bed.events)).toEqual({ 'compilations put off': 13 });
  });
});
