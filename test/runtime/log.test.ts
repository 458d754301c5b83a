import { describe, expect, it } from 'vitest';
import { describeError, Log, type LogEntry, WeirError } from '../../src/runtime/index.ts';
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

  it('has the remedy of an error on the same line', () => {
    const { lines, log } = setUp();
    log.warn(
      'agent',
      describeError(new WeirError('WEIR_NFTABLES_MISSING', 'no table', { remedy: 'Load the module.' })),
    );
    expect(lines).toEqual(['2026-01-31T10:00:00.000Z warn  agent: no table. Load the module.']);
  });

  it('leaves out entries below its level', () => {
    const { lines, log } = setUp('warn');
    log.info('a', 'told');
    log.debug('a', 'told');
    log.error('a', 'told');
    expect(lines).toHaveLength(1);
  });

  it('writes five events of a kind per minute, then the number of further ones', () => {
    const { clock, lines, log } = setUp();
    for (let i = 0; i < 12; i++) log.limited('wire', 'set-length-invalid', `event ${i}`);
    log.limited('wire', 'other kind', 'of its own');
    expect(lines).toHaveLength(6);
    clock.advance(60_000);
    log.limited('wire', 'set-length-invalid', 'event 12');
    expect(lines.slice(6).map((line) => line.slice(25))).toEqual([
      'warn  wire: set-length-invalid: 7 more like this were suppressed',
      'warn  wire: event 12',
    ]);
  });
});

describe('the fields of an entry', () => {
  it('follow the text if it does not contain them', () => {
    const { lines, log } = setUp();
    const place = { exporter: '192.0.2.1:4739', observationDomainId: 7, templateId: 256, field: undefined };
    log.warn('ipfix in', '192.0.2.1:4739: template withdrawn', place);
    log.warn('ipfix in', '192.0.2.1:4739: no template 256 (domain 7)', place);
    log.warn('to 10', 'is too slow', { sink: 'to 10', note: '' });
    expect(lines.map((line) => line.slice(31))).toEqual([
      'ipfix in: 192.0.2.1:4739: template withdrawn (observationDomainId 7, templateId 256)',
      'ipfix in: 192.0.2.1:4739: no template 256 (domain 7)',
      'to 10: is too slow',
    ]);
  });

  it.each([
    ['17 records', 7],
    ['192.0.2.7:4739', 7],
    ['192.0.2.7:4739', 4739],
    ['took 1.7 s', 1],
    ['[2001:db8::10]:4739', '2001:db8::1'],
  ])('are not contained in a part of a longer word: %s, %s', (text, value) => {
    const { lines, log } = setUp();
    log.warn('a', text, { value });
    expect(lines[0]).toContain(`a: ${text} (value ${value})`);
  });
});

describe('a listener', () => {
  it('receives written entries as objects until it is removed', () => {
    const { clock, log } = setUp();
    const entries: LogEntry[] = [];
    const stop = log.listen((entry) => entries.push(entry));
    log.debug('a', 'below the level');
    log.info('ipfix out', 'connected to 192.0.2.1:4739:tcp', { collector: '192.0.2.1:4739:tcp' });
    log.warn('a', 'plain');
    stop();
    log.warn('a', 'later');
    const timeMs = clock.now();
    expect(entries).toEqual([
      {
        timeMs,
        level: 'info',
        component: 'ipfix out',
        text: 'connected to 192.0.2.1:4739:tcp',
        fields: { collector: '192.0.2.1:4739:tcp' },
      },
      { timeMs, level: 'warn', component: 'a', text: 'plain', fields: {} },
    ]);
  });

  it('receives the written entries of a flood, with their kind, and the number of further ones', () => {
    const { clock, lines, log } = setUp();
    const entries: LogEntry[] = [];
    log.listen((entry) => entries.push(entry));
    for (let i = 0; i < 12; i++) log.limited('wire', 'torn', `event ${i}`, { exporter: '192.0.2.1:1' });
    clock.advance(60_000);
    log.limited('wire', 'torn', 'event 12');
    expect(entries).toHaveLength(lines.length);
    expect(entries[0]!.fields).toEqual({ kind: 'torn', exporter: '192.0.2.1:1' });
    expect(entries.slice(5)).toMatchObject([
      { text: 'torn: 7 more like this were suppressed', fields: { kind: 'torn', unwritten: 7 } },
      { text: 'event 12', fields: { kind: 'torn' } },
    ]);
  });
});

describe('an error', () => {
  it('is shown with its remedy', () => {
    const error = new WeirError('WEIR_NETLINK_NOT_PERMITTED', 'not permitted', { remedy: 'Run as root.' });
    expect(describeError(error)).toBe('not permitted\n  Run as root.');
    expect(describeError(new Error('plain'))).toBe('plain');
    expect(describeError('text')).toBe('text');
  });
});
