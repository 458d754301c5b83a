import { describe, expect, it } from 'vitest';
import { describeError, Log, WeirError } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

function setUp(level: 'info' | 'warn' = 'info') {
  const clock = new FakeClock(Date.UTC(2026, 0, 31, 10));
  const lines: string[] = [];
  return { clock, lines, log: new Log(clock, (line) => lines.push(line), level) };
}

describe('the log', () => {
  it('writes time, level, component and text', () => {
    const { lines, log } = setUp();
    log.warn('exporter', 'no connection');
    expect(lines).toEqual(['2026-01-31T10:00:00.000Z warn  exporter: no connection']);
  });

  it('leaves out what is below its level', () => {
    const { lines, log } = setUp('warn');
    log.info('a', 'told');
    log.debug('a', 'told');
    log.error('a', 'told');
    expect(lines).toHaveLength(1);
  });

  it('writes five events of a kind a minute, then how many more there were', () => {
    const { clock, lines, log } = setUp();
    for (let i = 0; i < 12; i++) log.limited('wire', 'set-length-invalid', `event ${i}`);
    log.limited('wire', 'other kind', 'of its own');
    expect(lines).toHaveLength(6);
    clock.advance(60_000);
    log.limited('wire', 'set-length-invalid', 'event 12');
    expect(lines.slice(6).map((line) => line.slice(25))).toEqual([
      'warn  wire: set-length-invalid: 7 more like this were not written out',
      'warn  wire: event 12',
    ]);
  });
});

describe('an error', () => {
  it('is shown with what mends it', () => {
    const error = new WeirError('WEIR_NOT_PERMITTED', 'not permitted', { remedy: 'Run as root.' });
    expect(describeError(error)).toBe('not permitted\n  Run as root.');
    expect(describeError(new Error('plain'))).toBe('plain');
    expect(describeError('text')).toBe('text');
  });
});
