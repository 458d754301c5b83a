import { renameSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startWeir } from '../cli/weir.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TestAuthority } from '../support/test-authority.ts';
import { until } from '../support/until.ts';

const TOKEN = 'a-token-of-32-characters-or-more';

interface Printed {
  readonly reason: string;
  readonly type: string;
  readonly message: string;
}

requires('openssl')('files that a running aggregator reads again', () => {
  it('are events when it refuses them, once each and with the reason', async () => {
    using directory = new TemporaryDirectory();
    const tls = new TestAuthority(directory.path).issue('aggregator');
    const [file, tokenFile, bearerTokenFile] = [
      directory.file('aggregator.yaml'),
      directory.file('http-token'),
      directory.file('loki-token'),
    ];
    const history = directory.file('history');
    const writeConfiguration = (logLevel: string) =>
      writeFileSync(
        file,
        JSON.stringify({
          tls,
          weir: {
            logLevel,
            listen: ['tls://127.0.0.1:0'],
            metrics: { listen: '127.0.0.1:0' },
            http: { listen: '127.0.0.1:0', tokenFile, console: false },
            sinks: [
              { history: { directory: history } },
              { loki: { url: 'http://127.0.0.1:1', bearerTokenFile } },
            ],
          },
        }),
      );
    writeConfiguration('info');
    for (const path of [tokenFile, bearerTokenFile]) writeFileSync(path, TOKEN);
    await using aggregator = startWeir(['aggregator', '--config', file]);
    const [, url] = await aggregator.says(/http: answers on (http:\S+)/);
    await aggregator.says(/weir: ready/);
    const askEvents = async () => {
      const answer = await fetch(`${url}/events?kind=process&since=1h`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      const { events = [] } = (await answer.json()) as { events?: readonly Printed[] };
      return events.filter(({ reason }) => reason.endsWith('Refused'));
    };
    expect(await askEvents()).toEqual([]);

    renameSync(tokenFile, `${tokenFile}.old`);
    for (let asked = 0; asked < 3; asked++) expect(await askEvents()).toEqual([]); // it answers nobody
    renameSync(`${tokenFile}.old`, tokenFile);
    writeConfiguration('loud');
    writeFileSync(tls.certFile, 'no certificate');
    renameSync(bearerTokenFile, `${bearerTokenFile}.old`);
    const events = await until('four refusals', async () => {
      const found = await askEvents();
      return found.length >= 4 && found;
    });
    expect(events.map(({ reason, type }) => `${reason} ${type}`).toSorted()).toEqual([
      'CertificatesRefused Warning',
      'ConfigurationRefused Warning',
      'CredentialsRefused Warning',
      'CredentialsRefused Warning',
    ]);
    const said = events.map(({ message }) => message).join('\n');
    expect(said).toMatch(/^http: answers nobody who needs the token: .*no such file/m);
    expect(said).toMatch(/^configuration: refuses the new .*logLevel: expected .* found "loud"/m);
    expect(said).toMatch(/^ipfix in: refuses new certificates and keeps the old ones: /m);
    expect(said).toMatch(/^\S*loki\S*: keeps the earlier credentials: .*no such file/m);
    expect(said).not.toContain(TOKEN);
  });
});
