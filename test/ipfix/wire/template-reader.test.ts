import { describe, expect, it } from 'vitest';
import { TemplateStore } from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import { message, octets, optionsTemplate, set, template, u16, u32 } from '../../support/ipfix-octets.ts';

const ports = template(256, [7, 2], [11, 2]);

describe('a template', () => {
  it('may have elements of any enterprise', () => {
    const [{ template: read } = {}] = new Collected().read(
      message(set(2, template(256, [8, 4], [85, 8, 29305], [101, 65535, 56506], [7, 3, 4242]))),
    ).templates;
    expect(read?.fields.map(({ element, length }) => [element.name, length])).toEqual([
      ['sourceIPv4Address', 4],
      ['reverseOctetTotalCount', 8],
      ['sourcePodName', 65535],
      ['e4242id7', 3],
    ]);
    expect(read?.minimumRecordOctets).toBe(16);
  });

  it('stays the same object when it is announced again', () => {
    const { templates } = new Collected().read(message(set(2, ports)), message(set(2, ports)));
    expect(templates[0]?.previous).toBeUndefined();
    expect(templates[1]?.previous).toBe(templates[0]?.template);
    expect(templates[1]?.template).toBe(templates[0]?.template);
  });

  it('replaces a different one with the same id, and reports that', () => {
    const collected = new Collected().read(message(set(2, ports)), message(set(2, template(256, [4, 1]))));
    expect(collected.templates[1]?.previous).toBe(collected.templates[0]?.template);
    expect(collected.read(message(set(256, 17))).fields).toEqual([{ protocolIdentifier: 17 }]);
    expect(collected.store.size).toBe(1);
  });

  it('belongs to its observation domain', () => {
    const elsewhere = message(set(256, u16(1), u16(2)));
    elsewhere.set(u32(8), 12);
    expect(new Collected().read(message(set(2, ports)), elsewhere).reasons).toEqual(['template-unknown']);
  });
});

describe('an unusable template is reported, and its predecessor is dropped:', () => {
  it.each([
    ['cut off in a field', set(2, u16(256), u16(2), u16(7), u16(2), u16(11)), 'template-truncated'],
    [
      'cut off in an enterprise number',
      set(2, u16(256), u16(1), u16(0x8007), u16(2), u16(0)),
      'template-truncated',
    ],
    [
      'with 65535 fields, of which two are there',
      set(2, u16(256), u16(65535), '00070002 000b0002'),
      'template-truncated',
    ],
    ['whose records have no octets', set(2, template(256, [82, 0])), 'template-record-empty'],
    [
      'with 17 fields that have no octets',
      set(2, template(256, [7, 2], ...Array.from({ length: 17 }, () => [82, 0] as [number, number]))),
      'template-record-empty',
    ],
    ['with no scope', set(3, optionsTemplate(256, 0, [149, 4])), 'template-scope-invalid'],
    ['with more scope than fields', set(3, optionsTemplate(256, 2, [149, 4])), 'template-scope-invalid'],
  ])('%s', (_, broken, reason) => {
    const collected = new Collected().read(message(set(2, ports)), message(broken));
    expect(collected.errors).toMatchObject([{ domain: 7, templateId: 256, offset: 20, reason }]);
    expect(collected.store.size).toBe(0);
    expect(collected.read(message(set(256, u16(1), u16(2)))).reasons).toEqual([reason, 'template-unknown']);
  });

  it('with a reserved id, without harm to others', () => {
    const collected = new Collected().read(message(set(2, template(255, [7, 2]), ports)));
    expect(collected.errors).toMatchObject([{ offset: 20, templateId: 255, reason: 'template-id-reserved' }]);
    expect(collected.store.get(7, 256)).toBeDefined();
  });

  it('with a truncated header', () => {
    const collected = new Collected().read(message(set(2, ports, '0101 00')));
    expect(collected.errors).toMatchObject([{ offset: 32, setId: 2, reason: 'template-truncated' }]);
    expect(collected.store.size).toBe(1);
  });
});

describe('a field whose length does not fit its type', () => {
  it('is reported once, and each record has its octets', () => {
    const collected = new Collected().read(
      message(set(2, template(256, [8, 3], [7, 2]))),
      message(set(256, 'c00002', u16(80), 'c00003', u16(81))),
    );
    expect(collected.errors).toMatchObject([
      {
        reason: 'template-field-unreadable',
        field: 'sourceIPv4Address',
        text: 'sourceIPv4Address is ipv4Address, which cannot be read from 3 octets',
      },
    ]);
    expect(collected.fields).toEqual([
      { sourceIPv4Address: 'c00002', sourceTransportPort: 80 },
      { sourceIPv4Address: 'c00003', sourceTransportPort: 81 },
    ]);
  });
});

describe('a withdrawal', () => {
  const options = optionsTemplate(400, 1, [149, 4], [41, 8]);
  const announced = (store?: TemplateStore) =>
    new Collected(store).read(message(set(2, ports, template(257, [4, 1])), set(3, options)));
  const left = ({ store }: Collected) => [...store.templatesOf(7)].map(({ id }) => id);

  it('of one template keeps the others', () => {
    const collected = announced().read(message(set(2, u16(256), u16(0))));
    expect(collected.withdrawn).toEqual([256]);
    expect(left(collected)).toEqual([257, 400]);
    expect(collected.read(message(set(256, u16(1), u16(2)))).reasons).toEqual(['template-unknown']);
  });

  it('of all templates keeps the options templates', () => {
    const collected = announced().read(message(set(2, u16(2), u16(0))));
    expect(collected.withdrawn).toEqual([256, 257]);
    expect(left(collected)).toEqual([400]);
  });

  it('of all options templates keeps the templates', () => {
    expect(left(announced().read(message(set(3, u16(3), u16(0)))))).toEqual([256, 257]);
  });

  it('may precede a new announcement in the same set', () => {
    const collected = announced().read(message(set(2, u16(256), u16(0), template(256, [4, 1]))));
    expect(collected.templates.at(-1)?.previous).toBeUndefined();
    expect(collected.store.get(7, 256)?.fields).toHaveLength(1);
  });

  it.each([
    ['that was never announced', set(2, u16(999), u16(0))],
    ['of the other kind', set(3, u16(256), u16(0))],
  ])('of a template %s is reported', (_, withdrawal) => {
    const collected = announced().read(message(withdrawal));
    expect(collected.errors).toMatchObject([{ offset: 20, reason: 'withdrawal-without-template' }]);
    expect(left(collected)).toEqual([256, 257, 400]);
  });

  it('has no effect if withdrawals are ignored', () => {
    const collected = announced(new TemplateStore({ obeysWithdrawals: false }));
    expect(left(collected.read(message(set(2, u16(2), u16(0)))))).toEqual([256, 257, 400]);
    expect(collected.errors).toEqual([]);
  });
});

describe('a template store', () => {
  it('refuses templates beyond its bound, and accepts them again when there is room', () => {
    const collected = new Collected(new TemplateStore({ maxOctets: 1_000 }));
    collected.read(message(set(2, ports, template(257, [4, 1], [5, 1]))));
    expect(collected.errors).toMatchObject([{ templateId: 257, reason: 'template-store-full' }]);
    expect(collected.store.size).toBe(1);
    collected.read(message(set(2, u16(256), u16(0), template(257, [4, 1], [5, 1]))));
    expect(collected.errors).toHaveLength(1);
    expect(collected.store.get(7, 257)).toBeDefined();
  });

  it('has room for a smaller template with the same id, and a refused one uses none', () => {
    const collected = new Collected(new TemplateStore({ maxOctets: 1_000 }));
    collected.read(message(set(2, template(256, [4, 1], [5, 1], [6, 2], [7, 2]))));
    collected.read(message(set(2, template(256, [4, 1], [5, 1], [6, 2]))));
    expect(collected.errors).toEqual([]);
    const wide = Array.from({ length: 100 }, (_, i): [number, number] => [1 + i, 1]);
    collected.read(message(set(2, template(256, ...wide))));
    expect(collected.errors).toMatchObject([{ templateId: 256, reason: 'template-store-full' }]);
    expect(collected.store.size).toBe(0);
  });

  it('asks before it reads a changed template, and always reads an unchanged one', () => {
    const asked: number[] = [];
    const admits = (fields: number) => asked.push(fields) <= 1;
    const collected = new Collected(new TemplateStore({ admits }));
    for (let round = 0; round < 3; round++) collected.read(message(set(2, template(256, [4, 1], [5, 1]))));
    expect([asked, collected.errors]).toEqual([[2], []]);
    collected.read(message(set(2, template(256, [4, 1], [6, 2], [5, 1]))));
    expect(asked).toEqual([2, 3]);
    expect(collected.errors).toMatchObject([{ templateId: 256, reason: 'template-rate-exceeded' }]);
    expect(collected.store.get(7, 256)).toBeUndefined(); // the exporter no longer uses what it said before
  });

  it('forgets templates that are not announced again within their lifetime', () => {
    let nowMs = 1000;
    const collected = new Collected(new TemplateStore({ nowMs: () => nowMs }));
    collected.read(message(set(2, ports, template(257, [4, 1]))));
    nowMs = 2000;
    collected.read(message(set(2, ports)));
    nowMs = 2500;
    expect(collected.store.expire(1000)).toBe(1);
    expect([...collected.store.templatesOf(7)].map(({ id }) => id)).toEqual([256]);
    nowMs = 9000;
    expect(collected.store.expire(1000)).toBe(1);
    expect(collected.store.size).toBe(0);
  });

  it('uses no memory for fields that are only announced', () => {
    const collected = new Collected();
    collected.read(message(octets(Array.from({ length: 100 }, () => set(2, u16(256), u16(65535))))));
    expect(collected.reasons).toEqual(Array.from({ length: 100 }, () => 'template-truncated'));
    expect(collected.store.size).toBe(0);
  });
});
