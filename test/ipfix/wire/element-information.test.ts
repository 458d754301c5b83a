import { describe, expect, it } from 'vitest';
import { TemplateStore } from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import { message, octets, optionsTemplate, set, template, u16, u32 } from '../../support/ipfix-octets.ts';

/** Scope: enterprise number and element id; then data type and name (RFC 5610 section 3.9). */
const descriptions = message(set(3, optionsTemplate(300, 2, [346, 4], [303, 2], [339, 1], [341, 65535])));
const unsigned32 = 3;

const description = (enterprise: number, id: number, type: number, name: string) =>
  message(set(300, u32(enterprise), u16(id), type, name.length, Buffer.from(name)));

const load = message(set(2, template(256, [7, 2], [9, 4, 4242])));
const record = message(set(256, u16(80), u32(1_000_000)));

describe('an element that the exporter describes', () => {
  it('has its name and type in the records after it, when the template comes later', () => {
    const collected = new Collected().read(
      descriptions,
      description(4242, 9, unsigned32, 'cpuLoad'),
      load,
      record,
    );
    expect(collected.fields.at(-1)).toEqual({ sourceTransportPort: 80, cpuLoad: 1_000_000 });
    expect(collected.errors).toEqual([]);
  });

  it('has them, too, when the template came before', () => {
    const collected = new Collected().read(load, record, descriptions);
    collected.read(description(4242, 9, unsigned32, 'cpuLoad'), record);
    expect(collected.fields.at(0)).toEqual({ sourceTransportPort: 80, e4242id9: '000f4240' });
    expect(collected.fields.at(-1)).toEqual({ sourceTransportPort: 80, cpuLoad: 1_000_000 });
    expect(collected.store.size).toBe(2);
  });

  it('changes a template once for several descriptions, when it is used next', () => {
    const { store } = new Collected().read(load, descriptions);
    const before = store.get(7, 256)!;
    const read = (...messages: Uint8Array[]) => new Collected(store).read(...messages);
    read(description(4242, 9, unsigned32, 'cpuLoad'), description(4242, 10, unsigned32, 'other'));
    const after = store.get(7, 256)!;
    expect(after.fields.map(({ element }) => element.name)).toEqual(['sourceTransportPort', 'cpuLoad']);
    expect(after.layout).toBe(before.layout);
    read(description(4242, 11, unsigned32, 'another'));
    expect(store.get(7, 256)).toBe(after);
  });

  it('has them inside a list of one element', () => {
    const list = octets(255, u16(0x8009), u16(4), u32(4242), u32(7));
    const collected = new Collected().read(
      descriptions,
      description(4242, 9, unsigned32, 'cpuLoad'),
      message(set(2, template(257, [291, 65535]))),
      message(set(257, list.length, list)),
    );
    expect(collected.fields.at(-1)).toEqual({
      basicList: { semantic: 'undefined', element: 'cpuLoad', values: [7] },
    });
  });

  it('keeps the first description', () => {
    const collected = new Collected().read(descriptions, description(4242, 9, unsigned32, 'cpuLoad'), load);
    collected.read(description(4242, 9, unsigned32, 'somethingElse'), record);
    expect(collected.fields.at(-1)).toEqual({ sourceTransportPort: 80, cpuLoad: 1_000_000 });
  });

  it.each([
    ['a name of a registry', 4242, 'sourceIPv4Address'],
    ['a name that is no identifier', 4242, 'cpu load\u001b[2J'],
    ['the name of a property of every object', 4242, '__proto__'],
    ['a number of a registry', 0, 'cpuLoad'],
  ])('does not get %s', (_, enterprise, name) => {
    const known = message(set(2, template(256, [7, 2], [enterprise === 0 ? 10 : 9, 4, enterprise])));
    const collected = new Collected().read(
      descriptions,
      description(enterprise, 9, unsigned32, name),
      known,
      record,
    );
    const other = enterprise === 0 ? { ingressInterface: 1_000_000 } : { e4242id9: '000f4240' };
    expect(collected.fields.at(-1)).toEqual({ sourceTransportPort: 80, ...other });
  });

  it('may be named like a property that objects inherit', () => {
    const collected = new Collected().read(
      descriptions,
      description(4242, 9, unsigned32, 'constructor'),
      load,
      record,
    );
    expect(Object.entries(collected.fields.at(-1)!)).toEqual([
      ['sourceTransportPort', 80],
      ['constructor', 1_000_000],
    ]);
  });

  it('counts towards the octets of a session, and is one of 512 at most', () => {
    let octetsHeld = 0;
    const store = new TemplateStore({ onGrowth: (growth) => (octetsHeld += growth) });
    const collected = new Collected(store).read(descriptions);
    const before = octetsHeld;
    for (let id = 1; id <= 600; id++) collected.read(description(4242, id, unsigned32, `load${id}`));
    expect(octetsHeld - before).toBe(512 * 512);
    expect([store.elementOf(4242, 512).name, store.elementOf(4242, 513).name]).toEqual([
      'load512',
      'e4242id513',
    ]);
  });
});
