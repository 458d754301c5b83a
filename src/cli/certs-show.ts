import { Command, Option } from 'commander';
import type { CertificateEntry } from '../certificates/index.ts';
import { CERTIFICATE_FOLDER } from '../tls/index.ts';
import { dayOf } from './certs-text.ts';
import { ExitStatus } from './exit-status.ts';
import { writeLines } from './standard-output.ts';
import { Table } from './text/index.ts';

/** `weir certs show`: what certificates and keys are there, and what is wrong with them. */
export function showCommand(): Command {
  return new Command('show')
    .description('show certificates and keys: names, issuer, validity, fingerprint, and what is wrong')
    .argument('[path...]', 'directories, or files in PEM or DER', [CERTIFICATE_FOLDER])
    .addOption(new Option('-o, --output <format>', 'format').choices(['table', 'json']).default('table'))
    .action(showCertificates)
    .addHelpText(
      'after',
      `
Exit status: 0 all is well; 1 a certificate has expired or is not valid yet, a key does not match its certificate, a key or a directory is
open to others, or a file is not what its name says.

Examples:
  weir certs show
  weir certs show -o json | jq 'select(.daysLeft < 30)'
  weir certs show /etc/ssl/certs/example.pem`,
    );
}

async function showCertificates(
  paths: readonly string[],
  { output }: { output: 'table' | 'json' },
): Promise<void> {
  const { readCertificateEntries } = await import('../certificates/index.ts');
  const entries = await readCertificateEntries(paths, Date.now());
  await writeLines(output === 'json' ? entries.map(jsonOf) : tableOf(entries));
  if (entries.some(({ problems }) => problems.length > 0)) process.exitCode = ExitStatus.failed;
}

/** One object on one line. */
function jsonOf({ details, keyOf, ...entry }: CertificateEntry): string {
  return JSON.stringify({ ...entry, ...details, ...(keyOf === undefined ? {} : { keyOf }) });
}

function tableOf(entries: readonly CertificateEntry[]): string[] {
  const table = new Table<CertificateEntry>(columns, () => process.stdout.columns);
  for (const entry of entries) table.line(entry); // widens the columns
  return [table.header, ...entries.map((entry) => table.line(entry))];
}

const columns = [
  { title: 'FILE', text: ({ file }: CertificateEntry) => file, least: 10 },
  { title: 'KIND', text: ({ kind }: CertificateEntry) => kind, least: 11 },
  { title: 'FROM', text: ({ details }: CertificateEntry) => dayText(details?.validFrom), least: 10, rank: 3 },
  { title: 'UNTIL', text: ({ details }: CertificateEntry) => dayText(details?.validUntil), least: 10 },
  {
    title: 'DAYS LEFT',
    text: ({ details }: CertificateEntry) => String(details?.daysLeft ?? ''),
    least: 5,
    alignRight: true,
  },
  { title: 'STATE', text: stateText, least: 10 },
  { title: 'NAMES', text: ({ details }: CertificateEntry) => namesText(details), least: 10 },
  { title: 'ISSUER', text: ({ details }: CertificateEntry) => details?.issuer ?? '', least: 10, rank: 2 },
  {
    title: 'FINGERPRINT',
    text: ({ details }: CertificateEntry) => details?.fingerprint ?? '',
    least: 95,
    rank: 1,
  },
] as const;

const dayText = (date: Date | undefined): string => (date === undefined ? '' : dayOf(date));

const namesText = (details: CertificateEntry['details']): string =>
  details === undefined ? '' : details.names.join(', ') || details.subject;

function stateText({ keyOf = [], remarks, problems }: CertificateEntry): string {
  const belongs = keyOf.length === 0 ? [] : [`key of ${keyOf.join(', ')}`];
  return [...problems, ...belongs, ...remarks].join('; ') || 'ok';
}
