import { Command } from 'commander';
import { WeirError } from '../runtime/index.ts';
import { daysOption, expectSubjectNames, folderOption, nameOption } from './certs-options.ts';
import { describeCertificate } from './certs-text.ts';
import { writeLines } from './standard-output.ts';

interface RenewOptions {
  readonly dir: string;
  readonly newKey?: true;
  readonly name?: readonly string[];
  readonly authority?: true;
  readonly days: number;
}

/** `weir certs renew`: certificates anew, for the same names. */
export function renewCommand(): Command {
  return new Command('renew')
    .description('make the certificates of a directory anew, for the same names')
    .argument(
      '[directory...]',
      'directories with agent.crt or aggregator.crt (default: that of the authority)',
    )
    .addOption(folderOption())
    .option('--new-key', 'make a new key, too; without it the certificate keeps its key')
    .addOption(nameOption('a name of the new certificate of the aggregator, instead of those that it has'))
    .option('--authority', 'make the certificate of the authority anew, with its key')
    .addOption(daysOption())
    .action(renewCertificates)
    .addHelpText(
      'after',
      `
A running agent or aggregator reads the new files by itself. Where the files of a host are no longer here, "weir certs issue" makes others.
Only the authority that signed a certificate can renew it. After --authority, copy ca.crt to every host. Certificates of hosts stay valid.

Examples:
  weir certs renew                                  # the certificates in /etc/weir/certs
  weir certs renew --name aggregator.example.org --name 192.0.2.10
  weir certs renew node-1 --new-key`,
    );
}

async function renewCertificates(folders: readonly string[], options: RenewOptions): Promise<void> {
  const { renewAuthority, renewFolder } = await import('../certificates/index.ts');
  const { dir, days, name: names } = options;
  expectOneDeed(folders, options);
  if (names !== undefined) await expectSubjectNames(names);
  const request = { days, newKey: options.newKey === true, ...(names === undefined ? {} : { names }) };
  if (options.authority) {
    const { path, certificate } = await renewAuthority(dir, Date.now());
    await writeLines([`${path}: ${await describeCertificate(certificate)}`, 'Copy it to every host.']);
    return;
  }
  for (const folder of folders.length > 0 ? folders : [dir]) {
    for (const { path, certificate, hasNewKey } of await renewFolder(dir, folder, request, Date.now())) {
      await writeLines([
        `${path}: ${await describeCertificate(certificate)}${hasNewKey ? ', with a new key' : ''}`,
      ]);
    }
  }
}

function expectOneDeed(folders: readonly string[], { authority, newKey, name }: RenewOptions): void {
  if (!authority || (folders.length === 0 && newKey === undefined && name === undefined)) return;
  throw new WeirError('WEIR_USAGE_CERTS', '--authority renews the certificate of the authority alone', {
    remedy: 'Leave out directories, --new-key and --name.',
  });
}
