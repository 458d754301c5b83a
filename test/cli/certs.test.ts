import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { CommanderError } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { ExitStatus, exitStatusOf } from '../../src/cli/exit-status.ts';
import { everyCommand, weirProgram } from '../../src/cli/program.ts';
import { describeError } from '../../src/runtime/index.ts';
import { run } from '../support/program.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { weir } from './weir.ts';

interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `weir certs` in a directory, within this process: each start of the program takes a second. */
async function certsIn(directory: TemporaryDirectory, ...words: string[]): Promise<Said> {
  const said = { code: 0, stdout: '', stderr: '' };
  const came = process.cwd();
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text, taken) => {
    said.stdout += text;
    (taken as unknown as () => void)();
    return true;
  });
  try {
    process.chdir(directory.path);
    const program = await weirProgram(['certs']);
    const writeErr = (text: string) => {
      said.stderr += text;
    };
    for (const command of everyCommand(program)) command.configureOutput({ writeErr });
    await program.parseAsync(['certs', ...words], { from: 'user' });
    said.code = Number(process.exitCode ?? 0);
  } catch (error) {
    said.code = error instanceof CommanderError ? ExitStatus.usage : exitStatusOf(error);
    said.stderr += describeError(error);
  } finally {
    process.exitCode = undefined;
    process.chdir(came);
    write.mockRestore();
  }
  return said;
}

const init = (directory: TemporaryDirectory) =>
  certsIn(directory, 'init', '--dir', 'ca', '--name', 'agg.example');

describe('weir certs init', () => {
  it('makes an authority and the certificate of an aggregator once, and says what to copy where', async () => {
    using directory = new TemporaryDirectory();
    const words = ['init', '--dir', 'ca', '--name', 'agg.example', '--name', '192.0.2.1', '--days', '30'];
    const { code, stdout, stderr } = await certsIn(directory, ...words);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout
      .split('\n')
      .map((line) => line.replace(/\w{8}"/, 'ID"').replace(/20\d\d-\d\d-\d\d/, 'DAY'));
    expect(lines).toEqual([
      'ca: a new authority, and a certificate of the aggregator',
      '  ca.crt          "O=Weir, CN=Weir authority ID", until DAY',
      '  ca.key          its key, which signs certificates: it stays on this host',
      '  aggregator.crt  for agg.example, 192.0.2.1, until DAY',
      '  aggregator.key  its key',
      '',
      "Copy the aggregator's files to its host:",
      '  scp ca/ca.crt ca/aggregator.crt ca/aggregator.key root@agg.example:/etc/weir/certs/',
      '',
      'Make a certificate for each agent:',
      '  weir certs issue NODE --dir ca',
      '',
    ]);
    const again = await certsIn(directory, ...words);
    expect([again.code, again.stdout]).toEqual([1, '']);
    expect(again.stderr).toContain('ca already has an authority (ca.crt or ca.key)');
  });

  it('takes names and places from an agent or an aggregator', async () => {
    using directory = new TemporaryDirectory();
    writeFileSync(
      directory.file('agent.yaml'),
      'flowExporter: { flowCollectorAddr: "flow-aggregator/flow-aggregator" }\n',
    );
    const agent = await certsIn(directory, 'init', '--dir', 'a', '--for', 'agent.yaml');
    expect(agent.stdout).toContain('aggregator.crt  for flow-aggregator.flow-aggregator.svc, until');
    const file =
      'flowAggregatorAddress: flows.example\ntls: { keyFile: /srv/flows.key }\nweir: { listen: ["tcp://192.0.2.7:4739", "tcp://0.0.0.0:4740"] }\n';
    writeFileSync(directory.file('aggregator.yaml'), file);
    const aggregator = await certsIn(directory, 'init', '--dir', 'b', '--for', 'aggregator.yaml');
    expect(aggregator.stdout).toMatch(
      /aggregator\.crt {2}for flows\.example, 192\.0\.2\.7, .*localhost, 127\.0\.0\.1, ::1, flow-aggregator\.flow-aggregator\.svc, until/,
    );
    expect(aggregator.stdout).toContain('  scp b/aggregator.key root@flows.example:/srv/flows.key\n');
    expect([agent.code, aggregator.code]).toEqual([0, 0]);
    expect(agent.stdout).toContain('  weir certs issue NODE --dir a --for agent.yaml\n');
    const tls =
      'caFile: /srv/w/ca.crt, certFile: /srv/w/agent.crt, keyFile: /srv/w/agent.key, serverName: flows';
    writeFileSync(directory.file('agent.yaml'), `flowExporter: { tls: { ${tls} } }\n`);
    const named = await certsIn(directory, 'init', '--dir', 'c', '--for', 'agent.yaml');
    expect(named.stdout).toContain('aggregator.crt  for flows, until');
    const node = await certsIn(directory, 'issue', 'node-1', '--dir', 'c', '--for', 'agent.yaml');
    expect(node.stdout).toContain('  scp -r node-1/. root@node-1:/srv/w\n');
    const other = await certsIn(directory, 'issue', 'node-2', '--dir', 'c', '--for', 'aggregator.yaml');
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('aggregator.yaml: expected the file of an agent, found that of an aggregator'),
    ]);
  });

  it.each([
    [['--name', 'two words'], 'expected a DNS name or an IP address, found "two words"'],
    [['--name', '192.0.2'], 'expected a DNS name or an IP address, found "192.0.2"'],
    [['--days', '0'], 'expected a number of days from 1 to 36500'],
    [['--for', '/nowhere/agent.yaml'], '/nowhere/agent.yaml: there is no such file'],
  ])('refuses %j', async (words, message) => {
    using directory = new TemporaryDirectory();
    const { code, stderr } = await certsIn(directory, 'init', '--dir', 'ca', ...words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(directory.file('ca'))).toBe(false);
  });
});

describe('weir certs issue', () => {
  it('makes a directory for an agent, and says how it gets to its host', async () => {
    using directory = new TemporaryDirectory();
    await init(directory);
    const { code, stdout } = await certsIn(directory, 'issue', 'node-1', '--dir', 'ca');
    expect([code, stdout.replace(/20\d\d-\d\d-\d\d/, 'DAY')]).toEqual([
      0,
      `node-1: ca.crt, agent.crt for node-1, until DAY, and agent.key

Copy them to the host, then remove them here:
  scp -r node-1/. root@node-1:/etc/weir/certs
  rm -r node-1
`,
    ]);
    expect(readdirSync(directory.file('node-1')).toSorted()).toEqual(['agent.crt', 'agent.key', 'ca.crt']);
    const again = await certsIn(directory, 'issue', 'node-1', '--dir', 'ca');
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringContaining('already exists, and is not replaced'),
    ]);
  });

  it('makes one for a further aggregator, and needs the authority', async () => {
    using directory = new TemporaryDirectory();
    const without = await certsIn(directory, 'issue', 'node-1', '--dir', directory.path);
    expect([without.code, without.stderr]).toEqual([
      1,
      expect.stringContaining(`Make an authority: weir certs init --dir ${directory.path}`),
    ]);
    await init(directory);
    const words = ['issue', '2001:db8::7', '--aggregator', '--name', 'site-2.example', '--out', 'site 2'];
    const { stdout } = await certsIn(directory, ...words, '--dir', 'ca');
    expect(stdout).toContain("  scp -r 'site 2/.' 'root@[2001:db8::7]:/etc/weir/certs'\n");
    expect(stdout).toContain('aggregator.crt for 2001:db8::7, site-2.example, until');
  });
});

describe('weir certs renew', () => {
  it('renews what the authority has signed', async () => {
    using directory = new TemporaryDirectory();
    await init(directory);
    await certsIn(directory, 'issue', 'node-1', '--dir', 'ca');
    const { stdout } = await certsIn(directory, 'renew', '--dir', 'ca', 'ca', 'node-1', '--new-key');
    expect(stdout).toMatch(
      /^ca\/aggregator\.crt: for agg\.example, until \S+, with a new key\nnode-1\/agent\.crt: for node-1, until \S+, with a new key\n$/,
    );
    const authority = await certsIn(directory, 'renew', '--authority', '--dir', 'ca');
    expect(authority.stdout).toMatch(
      /^ca\/ca\.crt: for Weir authority \w{8}, until \S+\nCopy it to every host\.\n$/,
    );
    const both = await certsIn(directory, 'renew', '--authority', 'ca');
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--authority renews')]);
  });
});

describe('weir certs revoke', () => {
  it('lists the certificates of a name or of a file, which OpenSSL then refuses', async () => {
    using directory = new TemporaryDirectory();
    await init(directory);
    for (const name of ['node-1', 'node-2', 'node-3']) await certsIn(directory, 'issue', name, '--dir', 'ca');
    await certsIn(directory, 'renew', 'node-1', '--dir', 'ca');
    const byName = await certsIn(directory, 'revoke', 'node-1', '--dir', 'ca');
    expect([byName.code, byName.stdout.split('\n')[0]]).toEqual([0, 'ca/ca.crl: 2 more, 2 in all']);
    const byFile = await certsIn(directory, 'revoke', 'node-2/agent.crt', 'node-1', '--dir', 'ca');
    expect(byFile.stdout).toContain('ca/ca.crl: 1 more, 3 in all\n');
    const refusalOf = async (name: string) => {
      const read = (file: string) => readFileSync(directory.file(file));
      const server = createServer({
        ...{ ca: read('ca/ca.crt'), crl: read('ca/ca.crl') },
        ...{ cert: read('ca/aggregator.crt'), key: read('ca/aggregator.key') },
        ...{ requestCert: true, rejectUnauthorized: false },
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const client = connect({
        ...{ host: '127.0.0.1', port, ca: read('ca/ca.crt') },
        ...{ cert: read(`${name}/agent.crt`), key: read(`${name}/agent.key`) },
        checkServerIdentity: () => undefined,
      });
      const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
      const found = socket.authorized ? 'accepted' : String(socket.authorizationError);
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
      return found;
    };
    const found = [await refusalOf('node-1'), await refusalOf('node-2'), await refusalOf('node-3')];
    expect(found).toEqual(['CERT_REVOKED', 'CERT_REVOKED', 'accepted']);
  });

  it('changes nothing for a name without a certificate, and for a file of another authority', async () => {
    using directory = new TemporaryDirectory();
    await init(directory);
    const unknown = await certsIn(directory, 'revoke', 'node-9', '--dir', 'ca');
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      expect.stringContaining('node-9: this authority has noted no valid certificate for it'),
    ]);
    await certsIn(directory, 'init', '--dir', 'other', '--name', 'agg.example');
    const foreign = await certsIn(directory, 'revoke', 'other/aggregator.crt', '--dir', 'ca');
    expect(foreign.stderr).toContain('other/aggregator.crt was not signed by this authority');
    expect(existsSync(directory.file('ca/ca.crl'))).toBe(false);
  });
});

describe('weir certs show', () => {
  it('shows what is there, and ends with 1 when something is wrong with it', async () => {
    using directory = new TemporaryDirectory();
    await init(directory);
    const { code, stdout } = await certsIn(directory, 'show', 'ca');
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^FILE +KIND +FROM +UNTIL +DAYS LEFT +STATE +NAMES +ISSUER +FINGERPRINT$/);
    expect(lines[1]).toMatch(
      /^ca\/aggregator\.crt +certificate( +\d{4}-\d\d-\d\d){2} +364 +ok +agg\.example +O=Weir, CN=Weir authority \w{8} +[0-9A-F:]{95}$/,
    );
    expect(lines[2]).toMatch(/^ca\/aggregator\.key +key +key of aggregator\.crt$/);
    cpSync(directory.file('ca/ca.key'), directory.file('ca/aggregator.key'));
    const json = await certsIn(directory, 'show', 'ca', '-o', 'json');
    expect(json.code).toBe(1);
    const entries = json.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(entries.map(({ file, daysLeft, problems }) => [file, daysLeft, problems])).toEqual([
      ['ca/aggregator.crt', 364, []],
      ['ca/aggregator.key', undefined, ['does not match aggregator.crt']],
      ['ca/ca.crt', 3_649, []],
      ['ca/ca.key', undefined, []],
    ]);
  });
});

describe('the library of certificates', () => {
  it('is loaded by no other command than weir certs', async () => {
    const program = join(import.meta.dirname, '../../src/cli/program.ts');
    const text = `
      import { createRequire } from 'node:module';
      const { weirProgram } = await import(${JSON.stringify(program)});
      await weirProgram();
      for (const part of ['wired-agent', 'wired-aggregator']) await import(${JSON.stringify(program)}.replace('program', part));
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('peculiar')).length;
      const before = loaded();
      await import('@peculiar/x509').catch(() => {});
      console.log(before, loaded() > 0);`;
    const root = join(import.meta.dirname, '../..');
    const words = ['--input-type=module', '--import', 'reflect-metadata', '--eval', text];
    expect(await run([process.execPath, ...words], { directory: root })).toBe('0 true\n');
  });

  it('is loaded when weir certs runs', async () => {
    using directory = new TemporaryDirectory();
    const { code, stdout, stderr } = await weir('certs', 'init', '--dir', directory.file('ca'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('a new authority, and a certificate of the aggregator');
  });
});
