import { Command } from 'commander';
import { CERTIFICATE_FOLDER } from '../tls/index.ts';
import { copyFiles, filesIn, shellWord } from './certs-copying.ts';
import { daysOption, expectSubjectNames, folderOption, nameOption } from './certs-options.ts';
import { dayOf, describeCertificate } from './certs-text.ts';
import {
  defaultAgentSettings,
  type NamedCertificates,
  placesByDefault,
  readNamedCertificates,
} from './config/index.ts';
import { writeLines } from './standard-output.ts';

interface InitOptions {
  readonly dir: string;
  readonly name?: readonly string[];
  readonly days: number;
  readonly for?: string;
}

/** `weir certs init`: an authority, and the certificate of the aggregator. */
export function initCommand(): Command {
  return new Command('init')
    .description('make an authority that signs certificates, and the certificate of the aggregator')
    .addOption(folderOption())
    .addOption(
      nameOption(
        "name or address under which agents reach the aggregator; several times for several; by default this host's",
      ),
    )
    .addOption(daysOption())
    .option('--for <file>', "take the names and the places of files from an agent's or an aggregator's file")
    .action(initCertificates)
    .addHelpText(
      'after',
      `
It writes ca.crt, ca.key, aggregator.crt and aggregator.key, and prints what to copy where. The authority is valid for ten years. Keys are
ECDSA P-256, and only their owner can read them. It never replaces a file. Whoever has ca.key can make certificates: keep it on one host,
and a copy of it offline.

Examples:
  weir certs init --name aggregator.example.org --name 192.0.2.10
  weir certs init --for aggregator.yaml`,
    );
}

async function initCertificates({ dir, name, days, for: file }: InitOptions): Promise<void> {
  const { initFolder, namesOfThisHost, subjectOf } = await import('../certificates/index.ts');
  const configured = file === undefined ? undefined : readNamedCertificates(file);
  const own = name === undefined && configured?.kind !== 'agent' ? namesOfThisHost() : [];
  const byDefault = configured?.kind === 'aggregator' ? [defaultAgentSettings().collector.host] : [];
  const wanted = [...(name ?? []), ...(configured?.aggregatorNames ?? []), ...own, ...byDefault];
  const names = [...new Set(wanted)];
  await expectSubjectNames(names);
  const { authority, certificate } = await initFolder(dir, { role: 'aggregator', names, days }, Date.now());
  await writeLines([
    `${dir}: a new authority, and a certificate of the aggregator`,
    `  ca.crt          "${subjectOf(authority)}", until ${dayOf(authority.validToDate)}`,
    '  ca.key          its key, which signs certificates: it stays on this host',
    `  aggregator.crt  ${await describeCertificate(certificate)}`,
    '  aggregator.key  its key',
    '',
    ...nextSteps(dir, names[0]!, configured, file),
  ]);
}

function nextSteps(
  dir: string,
  name: string,
  configured: NamedCertificates | undefined,
  file = '',
): string[] {
  const ofAgent = configured?.kind === 'agent' ? ` --for ${shellWord(file)}` : '';
  const files = filesIn(dir, 'aggregator');
  const places = configured?.kind === 'aggregator' ? configured.places : placesByDefault('aggregator');
  const isThere = files.keyFile === places.keyFile && files.certFile === places.certFile;
  return [
    ...(isThere
      ? ['If the aggregator runs on another host, copy its files there:']
      : ["Copy the aggregator's files to its host:"]),
    ...copyFiles(files, places, name).map((line) => `  ${line}`),
    '',
    'Make a certificate for each agent:',
    `  weir certs issue NODE${dir === CERTIFICATE_FOLDER ? '' : ` --dir ${shellWord(dir)}`}${ofAgent}`,
  ];
}
