import { Command } from 'commander';
import { WeirError } from '../runtime/index.ts';
import type { TlsPaths } from '../tls/index.ts';
import { copyFolder, filesIn, shellWord } from './certs-copying.ts';
import { daysOption, expectSubjectNames, folderOption, nameOption } from './certs-options.ts';
import { describeCertificate } from './certs-text.ts';
import { type FileKind, placesByDefault, readNamedCertificates } from './config/index.ts';
import { writeLines } from './standard-output.ts';

interface IssueOptions {
  readonly dir: string;
  readonly out?: string;
  readonly aggregator?: true;
  readonly name?: readonly string[];
  readonly days: number;
  readonly for?: string;
}

/** `weir certs issue`: the certificate of an agent, or of a further aggregator. */
export function issueCommand(): Command {
  return new Command('issue')
    .description('make the certificate of an agent, or of a further aggregator')
    .argument('<host>', "the host's name or address, under which the aggregator knows the agent")
    .addOption(folderOption())
    .option('--out <directory>', "the directory for the host's files (default: the host's name)")
    .option('--aggregator', 'for an aggregator instead of an agent')
    .addOption(nameOption('a further name or address of the host; several times for several'))
    .addOption(daysOption())
    .option('--for <file>', "the host's configuration, which names the places of its files")
    .action(issueForHost)
    .addHelpText(
      'after',
      `
It writes ca.crt, agent.crt and agent.key into a directory for the host, and prints the command that copies them. Remove the directory
afterwards: nobody needs the key but the host. It never replaces a file. Run it where "weir certs init" ran.

Examples:
  weir certs issue node-1
  weir certs issue node-1 --out /etc/weir/certs    # an agent on this host
  weir certs issue --aggregator site-2.example.org --name 198.51.100.7`,
    );
}

async function issueForHost(
  host: string,
  { dir, out, aggregator, name, days, for: file }: IssueOptions,
): Promise<void> {
  const role = aggregator ? 'aggregator' : 'agent';
  const places = file === undefined ? placesByDefault(role) : placesOf(role, file);
  const names = [...new Set([host, ...(name ?? [])])];
  await expectSubjectNames(names);
  const folder = out ?? host.replace(/^\*\./, '');
  const { issueCertificate } = await import('../certificates/index.ts');
  const { certificate } = await issueCertificate(dir, folder, { role, names, days }, Date.now());
  const files = filesIn(folder, role);
  const isThere = files.keyFile === places.keyFile;
  await writeLines([
    `${folder}: ca.crt, ${role}.crt ${await describeCertificate(certificate)}, and ${role}.key`,
    ...(isThere ? [] : ['', 'Copy them to the host, then remove them here:']),
    ...(isThere ? [] : copyFolder(files, places, host).map((line) => `  ${line}`)),
    ...(isThere ? [] : [`  rm -r ${shellWord(folder)}`]),
  ]);
}

/** @throws {WeirError} WEIR_USAGE_CERTS when the file is that of the other program */
function placesOf(role: FileKind, file: string): TlsPaths {
  const { kind, places } = readNamedCertificates(file);
  if (kind === role) return places;
  throw new WeirError(
    'WEIR_USAGE_CERTS',
    `${file}: expected the file of an ${role}, found that of an ${kind}`,
    {
      remedy:
        role === 'agent'
          ? 'Add --aggregator, or name the file of the agent.'
          : 'Leave out --aggregator, or name the file of the aggregator.',
    },
  );
}
