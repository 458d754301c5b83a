import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderElementTable } from '../../../scripts/generate-elements.ts';
import { elementNamed, elementOf, knownElement } from '../../../src/ipfix/wire/index.ts';

describe('information elements', () => {
  it('are found by their number', () => {
    expect(elementOf(0, 8)).toEqual({ enterprise: 0, id: 8, name: 'sourceIPv4Address', type: 'ipv4Address' });
    expect(elementOf(56506, 101)).toMatchObject({ name: 'sourcePodName', type: 'string' });
    expect(elementOf(6871, 106)).toMatchObject({ name: 'yafFlowKeyHash', type: 'unsigned32' });
  });

  it('are found by their name', () => {
    expect(elementNamed('octetDeltaCount')).toBe(elementOf(0, 1));
    expect(elementNamed('proxySnatPort')).toMatchObject({ enterprise: 56506, id: 172 });
    expect(elementNamed('noSuchElement')).toBeUndefined();
  });

  it('have the lower enterprise number when two registries share a name', () => {
    expect(elementNamed('httpUserAgent')).toMatchObject({ enterprise: 0 });
  });

  it('have a reverse under enterprise 29305 by RFC 5103', () => {
    expect(elementOf(29305, 85)).toMatchObject({ name: 'reverseOctetTotalCount', type: 'unsigned64' });
    expect(elementNamed('reverseFlowEndReason')).toMatchObject({ enterprise: 29305, id: 136 });
  });

  it('have no reverse when RFC 5103 section 6.1 excludes it', () => {
    for (const id of [148, 145, 149, 137, 130, 211, 173, 41, 164, 210, 239]) {
      expect(knownElement(29305, id), `element ${id}`).toBeUndefined();
    }
  });

  it('have their number as a name and contain octets when no registry lists them', () => {
    expect(elementOf(4242, 7)).toEqual({ enterprise: 4242, id: 7, name: 'e4242id7', type: 'octetArray' });
    expect(elementOf(0, 32767).name).toBe('e0id32767');
    expect(elementOf(29305, 148).name).toBe('e29305id148');
  });

  it('keep Antrea’s own reverse elements under its own number', () => {
    expect(elementNamed('reverseThroughput')).toMatchObject({ enterprise: 56506, id: 146 });
  });
});

describe('the element table', () => {
  it("equals the generator's output from the registries", () => {
    const committed = new URL('../../../src/ipfix/wire/element-table.ts', import.meta.url);
    expect(readFileSync(committed, 'utf8')).toBe(renderElementTable());
  });
});
