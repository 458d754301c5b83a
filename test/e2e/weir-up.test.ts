import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { weirCommand } from '../cli/weir.ts';
import { loadRules } from '../support/nftables.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { loneHost } from '../support/topology.ts';
import { until } from '../support/until.ts';

const server = `
  import { createServer } from 'node:net';
  createServer((socket) => socket.resume().on('end', () => socket.end('y'.repeat(5000))))
    .listen(8443, '127.0.0.1', () => console.log('ready'));
`;
/** Sends 2,000 octets, reads the answer, and prints its own port. */
const client = `
  import { connect } from 'node:net';
  const socket = connect(8443, '127.0.0.1', () => socket.end('x'.repeat(2000)));
  socket.resume().on('connect', () => console.log(socket.localPort));
`;

const records = (program: Program) =>
  program.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

requires('namespaces', 'nft')('weir up', () => {
  it('shows what the firewall denies, and loses no connection by it', async () => {
    await using host = await loneHost();
    await loadRules(
      host,
      `table inet deny {
        chain input {
          type filter hook input priority 0
          tcp dport 23 log group 100 prefix "reject input:telnet" reject with tcp reset
        }
      }`,
    );
    await using up = host.start(weirCommand('up', '--denied', '100'));
    await up.says(/ready/);
    await host.runSource(`
      import { connect } from 'node:net';
      connect(23, '127.0.0.1').on('error', () => {});`);
    const denied = await until('the denied connection', () =>
      records(up).find(({ destinationTransportPort }) => destinationTransportPort === 23),
    );
    expect(denied).toMatchObject({
      ingressNetworkPolicyRuleAction: 'Reject',
      ingressNetworkPolicyName: 'input',
      ingressNetworkPolicyRuleName: 'telnet',
    });
    const { stderr } = await up.stop('SIGINT');
    expect(stderr).toMatch(/^denied packets .* yes/m);
    expect(stderr).not.toMatch(/never seen/);
  });

  it('prints a line for each connection within two seconds, and its ledger balances', async () => {
    await using host = await loneHost();
    await using web = host.start([process.execPath, '--input-type=module', '--eval', server]);
    await web.says(/ready/);
    await using up = host.start(weirCommand('up'));
    await up.says(/turned connection tracking on/);

    const delaysMs: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const port = Number(await host.runSource(client));
      const begun = performance.now();
      const record = await until('the connection', () =>
        records(up).find(({ sourceTransportPort }) => sourceTransportPort === port),
      );
      delaysMs.push(performance.now() - begun);
      expect(record).toMatchObject({
        sourceIP: '127.0.0.1',
        destinationIP: '127.0.0.1',
        destinationTransportPort: 8443,
        protocol: 'TCP',
        flowType: 'IntraNode',
      });
      const last = await until('its end', () =>
        records(up).findLast(
          ({ sourceTransportPort, flowEndReason }) =>
            sourceTransportPort === port && flowEndReason === 'EndOfFlow',
        ),
      );
      // Octets include the IP and TCP headers of each packet.
      expect(last.octetTotalCount).toBe(2000 + last.packetTotalCount * 52 + 8);
      expect(last.reverseOctetTotalCount).toBe(5000 + last.reversePacketTotalCount * 52 + 8);
    }
    expect(Math.min(...delaysMs)).toBeLessThan(2_000);

    const shown = await host.run(weirCommand('flows', '--port', '8443', '-o', 'compact'));
    expect(shown).toMatch(/TCP 127\.0\.0\.1:\d+ -> 127\.0\.0\.1:https-alt .* EndOfFlow\n/);

    const scrape = "console.log(await (await fetch('http://127.0.0.1:10349/metrics')).text())";
    const metrics = await host.runSource(scrape);
    expect(metrics).toMatch(
      /^weir_flow_port_flows_total\{protocol="TCP",port="8443",direction="original"\} 3$/m,
    );
    expect(metrics).toMatch(/^weir_exporter_link_bytes_total\{.*link="lo",direction="receive"\} \d+$/m);
    const types = [...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(types.filter((name, i) => types.indexOf(name) !== i)).toEqual([]);

    expect(await host.run(['nft', 'list', 'tables'])).toContain('table inet weir');
    const { code, stderr } = await up.stop('SIGINT');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^aggregator +flows +/m);
    expect(stderr).not.toMatch(/ NO( |$)/m);
    expect(await host.run(['nft', 'list', 'tables'])).toBe('');
  });

  it('accepts records only from its own user, by the permissions of its socket', async () => {
    await using host = await loneHost();
    await using up = host.start(weirCommand('up', '--http', 'unix:/run/weir-test/http.sock'));
    await up.says(/weir: ready/);
    expect(await host.run(['ss', '-Htuln'])).toBe('');
    const [, folder] = await up.says(/ipfix in: listens on unix:(\S+)\/ipfix\.sock/);
    const knock = ['setpriv', '--reuid=65534', '--clear-groups', 'ls', folder!];
    await expect(host.run(knock)).rejects.toThrow(/Permission denied/);
    await up.stop('SIGINT');
    expect(existsSync(folder!)).toBe(false);
  });

  it('shows a table that fits the terminal, and restores the terminal', async () => {
    await using host = await loneHost();
    await using web = host.start([process.execPath, '--input-type=module', '--eval', server]);
    await web.says(/ready/);
    const command = `stty cols 90 rows 12; exec ${weirCommand('up').join(' ')}`;
    await using terminal = host.start(['script', '-qec', command, '/dev/null'], {
      environment: { TERM: 'xterm', NO_COLOR: '1' },
    });
    await terminal.says(/waiting for the first connection/);
    await until('the connection on the screen', async () => {
      await host.runSource(client);
      return /127\.0\.0\.1:https-alt/.test(terminal.stdout);
    });
    const frame = terminal.stdout.split('\x1b[H').at(-1)!.replaceAll('\x1b[K', '').replace('\x1b[J', '');
    const lines = frame.split(/\r*\n/);
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
    expect(lines[0]).toMatch(/^weir /);

    const [node] = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8').split(' ');
    process.kill(Number(node), 'SIGINT');
    const { stdout } = await terminal.ended;
    const after = stdout.slice(stdout.lastIndexOf('\x1b[?25h\x1b[?1049l'));
    expect(after).toMatch(/received +sent +dropped +held +closes/);
  });

  it('reports a missing privilege, and exits with 1', async () => {
    await using host = await loneHost();
    const command = ['setpriv', '--bounding-set', '-net_admin,-sys_admin', ...weirCommand('up')];
    const { code, stdout, stderr } = await host.start(command).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/CAP_NET_ADMIN.*run as root/s);
  });

  it('cleans up and ends quietly when the reader of its output goes away', async () => {
    await using host = await loneHost();
    await using web = host.start([process.execPath, '--input-type=module', '--eval', server]);
    await web.says(/ready/);
    const command = `${weirCommand('up').join(' ')} | head -n 1; echo "status \${PIPESTATUS[0]}"`;
    await using shell = host.start(['bash', '-c', command]);
    await shell.says(/turned connection tracking on/);
    await until('the end', async () => {
      if (shell.running) await host.runSource(client);
      return !shell.running;
    });
    const { stdout } = await shell.ended;
    expect(stdout).toMatch(/status 0\n$/);
    expect(await host.run(['nft', 'list', 'tables'])).toBe('');
  });
});
