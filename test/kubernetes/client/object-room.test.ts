import { expect, it } from 'vitest';
import { ObjectRoom } from '../../../src/kubernetes/client/object-room.ts';

it('an object that finds no room counts once, however often it changes', () => {
  const room = new ObjectRoom<number>({ maxOctets: 100, octetsOf: (octets) => octets });
  expect(room.take('shop/kept', 90)).toBe(true);
  for (let change = 0; change < 5; change++) expect(room.take('shop/other', 20)).toBe(false);
  expect(room.leftOut).toBe(1);
  expect(room.take('shop/kept', 101)).toBe(false);
  expect(room.leftOut).toBe(2);
  expect(room.take('shop/other', 20)).toBe(true);
});

it('there is room again when the smallest of those without it would find some', () => {
  const room = new ObjectRoom<number>({ maxOctets: 100, octetsOf: (octets) => octets });
  for (const octets of [60, 30]) room.take(`${octets}`, octets);
  expect(room.hasRoomAgain).toBe(false);
  for (const octets of [50, 40]) room.take(`${octets}`, octets);
  room.take('30', 21);
  expect(room.hasRoomAgain).toBe(false);
  room.free('30');
  expect(room.hasRoomAgain).toBe(true);
  room.take('10', 10);
  expect(room.hasRoomAgain).toBe(false);
  room.free('60');
  expect(room.hasRoomAgain).toBe(true);
});
