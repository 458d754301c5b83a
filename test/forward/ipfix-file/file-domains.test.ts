import { describe, expect, it } from 'vitest';
import { FileDomains, MAX_FILE_DOMAINS } from '../../../src/forward/ipfix-file/file-domains.ts';
import { statedSession } from '../../../src/forward/ipfix-file/session-statement.ts';
import { type MessageHeader, type MessageSource, TemplateStore } from '../../../src/ipfix/index.ts';

const sourceAt = (peer: string, protocol: 'udp' | 'tls' = 'udp'): MessageSource => ({
  peer,
  protocol,
  exportProtocol: 'ipfix',
  templates: new TemplateStore(),
});
const headerOf = (domain: number): MessageHeader => ({
  length: 16,
  exportTimeSeconds: 1_700_000_000,
  sequenceNumber: 0,
  domain,
});

describe('a domain in a file of messages', () => {
  it('keeps its number if it is the first with it, and is stated once', () => {
    const domains = new FileDomains();
    const first = sourceAt('192.0.2.1:40000');
    const second = sourceAt('[2001:db8::2]:4739', 'tls');
    const entered = [first, second, first, second].map((source) => domains.enter(source, headerOf(7)));
    expect(entered.map(({ domain }) => domain)).toEqual([7, 0xffff_fffe, 7, 0xffff_fffe]);
    expect(entered.map(({ before }) => before.map(statedSession))).toEqual([
      [{ exporter: '192.0.2.1:40000', ipProtocol: 17, domain: 7, originalDomain: 7 }],
      [{ exporter: '[2001:db8::2]:4739', ipProtocol: 6, domain: 0xffff_fffe, originalDomain: 7 }],
      [],
      [],
    ]);
  });

  it('never has the number of the statements, nor one that another session uses', () => {
    const domains = new FileDomains();
    const numbers = [0xffff_ffff, 0xffff_fffe, 0xffff_fffd, 0xffff_ffff].map(
      (domain, i) => domains.enter(sourceAt(`192.0.2.${i}:1`), headerOf(domain)).domain,
    );
    expect(numbers).toEqual([0xffff_fffe, 0xffff_fffd, 0xffff_fffc, 0xffff_fffb]);
  });

  it('is stated again in each file, and after messages that did not get into it', () => {
    const domains = new FileDomains();
    const source = sourceAt('192.0.2.1:40000');
    domains.enter(source, headerOf(7));
    domains.forgetTemplates();
    expect(domains.enter(source, headerOf(7))).toMatchObject({ domain: 7, before: [{}] });
    domains.begin();
    expect(domains.enter(source, headerOf(7))).toMatchObject({ domain: 7, before: [{}] });
    expect(domains.enter(source, headerOf(7))).toMatchObject({ domain: 7, before: [] });
  });

  it('is one of a bounded number, beyond which another file must begin', () => {
    const domains = new FileDomains();
    for (let i = 0; i < MAX_FILE_DOMAINS; i++) {
      expect(domains.isFull).toBe(false);
      domains.enter(sourceAt('192.0.2.1:1'), headerOf(0));
    }
    expect(domains.isFull).toBe(true);
    domains.begin();
    expect(domains.isFull).toBe(false);
  });

  it.each([
    ['fe80::1 with a zone', '[fe80::1%eth0]:4739', '[fe80::1]:4739'],
    ['a peer without an address', 'local:0', '0.0.0.0:0'],
  ])('is stated for %s', (_, peer, exporter) => {
    const { before } = new FileDomains().enter(sourceAt(peer), headerOf(1));
    expect(before.map(statedSession)).toMatchObject([{ exporter }]);
  });
});
