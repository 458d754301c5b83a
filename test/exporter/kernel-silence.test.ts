import { beforeEach, describe, expect, it } from 'vitest';
import { KernelSilence } from '../../src/exporter/kernel-silence.ts';

describe('KernelSilence', () => {
  let silence: KernelSilence;
  let at: { signs: number; carried: number; counted: number; nowMs: number };

  beforeEach(() => {
    silence = new KernelSilence();
    at = { signs: 0, carried: 0, counted: 0, nowMs: 1_000 };
    dump();
  });

  const look = () => silence.isSuspicious(at);
  const dump = () => silence.dumped(at);
  /** So many packets of a connection that events and counters show. */
  const tracked = (packets: number) => {
    at = { ...at, signs: at.signs + 1, carried: at.carried + packets, counted: at.counted + packets };
  };
  const untracked = (packets: number) => {
    at = { ...at, carried: at.carried + packets };
  };
  const pass = (ms: number) => {
    at = { ...at, nowMs: at.nowMs + ms };
  };

  it('is never found on an idle host, even with occasional packets that the kernel never counts', () => {
    for (let minute = 0; minute < 600; minute++) {
      untracked(10);
      pass(60_000);
      expect(look()).toBe(false);
      dump();
    }
    expect(silence.isSilent).toBe(false);
  });

  it('is suspected when packets pass without a sign, and certain after a dump without one', () => {
    tracked(100);
    look();
    pass(500);
    untracked(20);
    expect(look()).toBe(false); // an event may be under way
    pass(500);
    expect(look()).toBe(true);
    expect(silence.isSilent).toBe(false);
    dump();
    expect(silence).toMatchObject({ isSilent: true, packets: 20 });
    tracked(1);
    look();
    expect(silence.isSilent).toBe(false);
  });

  it('is not found when the dump shows that a long connection carries the packets', () => {
    for (let second = 0; second < 100; second++) {
      at = { ...at, carried: at.carried + 1_000 };
      pass(1_000);
      look();
      at = { ...at, counted: at.carried, signs: at.signs + 1 };
      dump();
      expect(silence.isSilent).toBe(false);
    }
  });

  it('is also found when the last dump with a sign came after the packets', () => {
    at = { ...at, carried: 60, signs: 1 }; // the event of a connection, whose packets the next dump counts
    look();
    pass(1_000);
    at = { ...at, carried: 120, counted: 60, signs: 2 }; // 60 more came, without tracking
    dump();
    pass(1_000);
    expect(look()).toBe(true);
    dump();
    expect(silence.isSilent).toBe(true);
  });

  it('is not found while rules exempt a constant share of packets, for a minute or until more pass', () => {
    for (let second = 0; second < 60; second++) {
      untracked(50);
      if (second % 3 === 0) tracked(2);
      pass(1_000);
      look();
      dump();
      if (second > 10) expect(silence.isSilent, `${second} s`).toBe(false);
    }
    untracked(2_000);
    pass(1_000);
    look();
    dump();
    expect(silence.isSilent).toBe(true);
    tracked(1);
    for (let second = 0; second <= 60; second++) {
      untracked(30);
      pass(1_000);
      look();
      dump();
      expect(silence.isSilent, `${second} s`).toBe(second >= 60);
    }
  });

  it('does not learn the packets during a silence as usual', () => {
    for (let round = 0; round < 3; round++) {
      tracked(1);
      look();
      untracked(10_000);
      pass(1_500);
      dump();
      expect(silence.isSilent).toBe(true);
      pass(10_000);
      dump();
      tracked(1);
      dump();
      expect(silence.isSilent).toBe(false);
      pass(1_000);
      tracked(1);
      dump();
    }
  });
});
