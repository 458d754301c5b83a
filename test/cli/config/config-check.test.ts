import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { weir } from '../weir.ts';

describe('weir config check', () => {
  it('reports a directory instead of a file', async () => {
    using directory = new TemporaryDirectory();
    const { code, stderr } = await weir('config', 'check', directory.path);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `weir: ${directory.path}: expected a file, found a directory (WEIR_CONFIG_UNREADABLE)\n`,
    );
  });

  it.each([
    ['UTF-16', 'utf16le', '\ufeff', 'UTF-16', ': iconv -f UTF-16 -t UTF-8'],
    ['UTF-16 without a byte order mark', 'utf16le', '', 'UTF-16', ': iconv -f UTF-16 -t UTF-8'],
    ['Latin 1', 'latin1', '', 'octets that are none', ''],
  ] as const)('reports that a file is %s', async (_, encoding, mark, found, how) => {
    using directory = new TemporaryDirectory();
    const file = directory.file('agent.yaml');
    writeFileSync(file, Buffer.from(`${mark}weir:\n  nodeName: bär\n`, encoding));
    const { code, stderr } = await weir('config', 'check', file);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `weir: ${file}: expected text in UTF-8, found ${found}\n  Save it as UTF-8${how}. (WEIR_CONFIG_UNREADABLE)\n`,
    );
  });

  it('refuses the path of an enabled flow logger if a start could not open it', async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file('missing/flows.csv');
    const file = directory.file('aggregator.yaml');
    const check = (...lines: string[]) => {
      writeFileSync(file, ['aggregatorTransportProtocol: tcp', ...lines, ''].join('\n'));
      return weir('config', 'check', file);
    };
    const item = await check('weir:', '  sinks:', `    - flowLogger: { path: ${path} }`);
    expect(item.stderr).toContain(
      `${file}:4: weir.sinks.0.flowLogger.path: expected a file to append to, in a directory that is there`,
    );
    const top = await check(`flowLogger: { enable: true, path: ${path} }`);
    expect(top.stderr).toContain(`${file}:2: flowLogger.path: expected a file to append to`);
    expect(await check(`flowLogger: { path: ${path} }`)).toMatchObject({ code: 0, stderr: '' });
  });

  it('refuses named paths that a start could not use, and creates nothing', async () => {
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
        'found "missing/flows.jsonl", which is not there; make the directory and let this process write there, or name another file',
    ]);
    expect(readdirSync(at('.'))).toEqual(before);
  });

  it('skips named paths with --no-paths', async () => {
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

  it('exits with 3 if a default prevents the start', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('aggregator.yaml');
    writeFileSync(file, `tls: { keyFile: ${directory.file('none.key')} }\n`);
    const { code, stdout } = await weir('config', 'check', '--kind', 'aggregator', file);
    expect(code).toBe(3);
    expect(stdout).toMatch(/: tls: TLS needs certificates, and \S+ is not there/);
    expect(stdout).toContain('a valid aggregator configuration, which cannot be started yet');
  });

  it('refuses world-writable folders, links, and invalid tokens', async () => {
    using directory = new TemporaryDirectory();
    const at = (name: string) => directory.file(name);
    mkdirSync(at('open'));
    chmodSync(at('open'), 0o777);
    symlinkSync(at('elsewhere'), at('link.jsonl'));
    writeFileSync(at('token'), 'short');
    const file = at('aggregator.yaml');
    const lines = [
      'aggregatorTransportProtocol: tcp',
      'weir:',
      `  http: { tokenFile: ${at('token')} }`,
      '  sinks:',
      `    - jsonLines: { path: ${at('open/flows.jsonl')} }`,
      `    - jsonLines: { path: ${at('link.jsonl')} }`,
      `    - loki: { url: "http://127.0.0.1:3100", spool: { directory: ${at('open')} } }`,
    ];
    writeFileSync(file, lines.join('\n'));
    const [checked, started] = await Promise.all([
      weir('config', 'check', file),
      weir('aggregator', '--config', file),
    ]);
    const open = `every user of this host can write to the directory ${at('open')}`;
    expect(checked.code).toBe(2);
    expect(checked.stderr).toContain(':3: weir.http.tokenFile: expected a file with a bearer token');
    expect(checked.stderr).toContain(`found "${at('open/flows.jsonl')}", ${open}`);
    expect(checked.stderr).toContain(`found "${at('link.jsonl')}", which is a symbolic link`);
    expect(checked.stderr).toContain(`found "${at('open')}", ${open}`);
    expect([started.code, started.stderr]).toEqual([checked.code, checked.stderr]);
  });

  it.each(['agent', 'aggregator'])('reports a missing file as a start of the %s does', async (kind) => {
    using directory = new TemporaryDirectory();
    const file = directory.file('weir.yaml');
    const key = kind === 'agent' ? 'flowCollectorAddr: "192.0.2.1::tcp"' : 'aggregatorTransportProtocol: tcp';
    const missing = directory.file('headers');
    writeFileSync(
      file,
      `${key}\nweir:\n  metrics:\n    otlp: [{ endpoint: "http://127.0.0.1:4318", headersFile: ${missing} }]\n`,
    );
    const [checked, started] = await Promise.all([
      weir('config', 'check', file),
      weir(kind, '--config', file),
    ]);
    expect(checked.stderr).toContain(`${file}:4: weir.metrics.otlp.0.headersFile: expected a file`);
    expect([started.code, started.stderr]).toEqual([2, checked.stderr]);
  });

  it('reports each fault on one line, for any content of the file', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('agent.yaml');
    writeFileSync(file, 'flowCollectorAddr: "192.0.2.1::tcp"\n"we\\nird\\u009b31m": "a\\u202eb"\n');
    const { stderr } = await weir('config', 'check', '--kind', 'agent', file);
    expect(stderr).toMatch(/^weir: .*agent\.yaml:2: we\\u000aird\\u009b31m: .* found "a\\u202eb"\n$/);
  });

  it('shows no misplaced secret', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('aggregator.yaml');
    const lines = [
      'aggregatorTransportProtocol: tcp',
      'weir:',
      '  metrics: { otlp: [{ endpoint: "http://127.0.0.1:4318", headers: { x-key: hunter2 } }] }',
      '  http: { token: hunter2, listen: "http://weir:hun/ter2@127.0.0.1" }',
      '  sinks:',
      '    - loki: { url: "http://weir:hunter2@127.0.0.1:3100" }',
      '    - loki: { url: "http://127.0.0.1:3100", password: hunter2, basic_auth: { password: hunter2 } }',
      '    - victoriaLogs: { url: "http://127.0.0.1:9428", bearerToken: hunter2 }',
    ];
    writeFileSync(file, lines.join('\n'));
    const { code, stderr } = await weir('config', 'check', file);
    expect(code).toBe(2);
    for (const line of [3, 4, 6, 7, 8]) expect(stderr).toContain(`aggregator.yaml:${line}: `);
    expect(stderr).not.toMatch(/hunter2|ter2/);
  });
});
