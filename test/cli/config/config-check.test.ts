import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { weir } from '../weir.ts';

describe('weir config check', () => {
  it('refuses what the file names and a start could not use, and makes nothing', async () => {
    using directory = new TemporaryDirectory();
    const at = (name: string) => directory.file(name);
    writeFileSync(at('key.pem'), '');
    writeFileSync(at('headers'), 'x-token: 7\nno header\n');
    mkdirSync(at('directory'));
    const file = at('aggregator.yaml');
    const lines = [
      'aggregatorTransportProtocol: tcp',
      'weir:',
      '  metrics:',
      '    otlp:',
      `      - { endpoint: "http://127.0.0.1:4318", headersFile: ${at('headers')} }`,
      '  log:',
      '    loki:',
      '      url: "http://127.0.0.1:3100"',
      `      caFile: ${at('ca.pem')}`,
      '  sinks:',
      '    - loki:',
      '        url: "http://127.0.0.1:3100"',
      '        username: weir',
      `        passwordFile: ${at('directory')}`,
      `        certificateFile: ${at('cert.pem')}`,
      `        keyFile: ${at('key.pem')}`,
      `        spool: { directory: ${at('headers/spool')} }`,
      '    - victoriaLogs:',
      '        url: "http://127.0.0.1:9428"',
      `        bearerTokenFile: ${at('token')}`,
      `        spool: { directory: ${at('made/by/the/start')} }`,
      `    - jsonLines: { path: ${at('missing/flows.jsonl')} }`,
      `    - jsonLines: { path: ${at('flows.jsonl')} }`,
      '    - jsonLines: { path: "-" }',
    ];
    writeFileSync(file, lines.join('\n'));
    const before = readdirSync(at('.'));

    const { code, stdout, stderr } = await weir('config', 'check', file);

    expect([code, stdout]).toEqual([2, '']);
    const told = stderr
      .trimEnd()
      .replace(/^weir: /, '')
      .replaceAll(at('/'), '')
      .split('\n');
    const readable = 'expected a file that this process may read';
    const pem = 'expected a PEM file that this process may read';
    const mend = 'make the file or correct the path';
    expect(told).toEqual([
      'aggregator.yaml:5: weir.metrics.otlp.0.headersFile: expected a file with one header a line, such as ' +
        '"authorization: Bearer TOKEN", found "headers", which has no header in line 2; make or correct the file',
      `aggregator.yaml:9: weir.log.loki.caFile: ${pem}, found "ca.pem", which is not there; ${mend}`,
      `aggregator.yaml:14: weir.sinks.0.loki.passwordFile: ${readable}, found "directory", which is a directory; ${mend}`,
      `aggregator.yaml:15: weir.sinks.0.loki.certificateFile: ${pem}, found "cert.pem", which is not there; ${mend}`,
      `aggregator.yaml:16: weir.sinks.0.loki.keyFile: ${pem}, found "key.pem", which has no PEM in it; ${mend}`,
      'aggregator.yaml:17: weir.sinks.0.loki.spool.directory: expected a directory that this process may write to, or make, ' +
        'found "headers/spool", where a file stands in the way of a directory; name another directory, or let this process write there',
      `aggregator.yaml:20: weir.sinks.1.victoriaLogs.bearerTokenFile: ${readable}, found "token", which is not there; ${mend}`,
      'aggregator.yaml:22: weir.sinks.2.jsonLines.path: expected a file to append to, in a directory that is there, ' +
        'found "missing/flows.jsonl", which is not there; make the directory, or name another file',
    ]);
    expect(readdirSync(at('.'))).toEqual(before);
  });

  it('leaves out what a file names with --no-paths', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('agent.yaml');
    writeFileSync(
      file,
      'flowCollectorAddr: "192.0.2.1::tcp"\nweir: { networkNamespace: /run/netns/weir-nowhere }\n',
    );
    expect(existsSync('/run/netns/weir-nowhere')).toBe(false);
    const [tried, untried] = await Promise.all([
      weir('config', 'check', file),
      weir('config', 'check', '--no-paths', file),
    ]);
    expect([tried.code, tried.stderr]).toEqual([
      2,
      expect.stringContaining(`${file}:2: weir.networkNamespace: expected a file that this process may read`),
    ]);
    expect([untried.code, untried.stdout]).toEqual([0, `${file}: a valid agent configuration\n`]);
  });

  it('ends with 3 where a default keeps the start from happening', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('aggregator.yaml');
    writeFileSync(file, 'weir: { maxFlows: 100 }\n');
    const { code, stdout } = await weir('config', 'check', '--kind', 'aggregator', file);
    expect(code).toBe(3);
    expect(stdout).toContain('aggregatorTransportProtocol: by default tls: TLS is not available yet');
    expect(stdout).toContain('a valid aggregator configuration, which cannot be started yet');
  });
});
