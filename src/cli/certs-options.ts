import { InvalidArgumentError, Option } from 'commander';
import { WeirError } from '../runtime/index.ts';
import { CERTIFICATE_FOLDER } from '../tls/index.ts';

const DEFAULT_DAYS = 365;
const MAX_DAYS = 36_500;

/** --dir: the directory with the authority. */
export const folderOption = (): Option =>
  new Option('--dir <directory>', 'the directory with the authority').default(CERTIFICATE_FOLDER);

/** --days: how long the certificate of a host is valid. */
export const daysOption = (): Option =>
  new Option('--days <N>', 'days until the certificate expires')
    .argParser((text) => {
      const days = Number(text);
      if (/^\d{1,5}$/.test(text) && days >= 1 && days <= MAX_DAYS) return days;
      throw new InvalidArgumentError(`expected a number of days from 1 to ${MAX_DAYS}`);
    })
    .default(DEFAULT_DAYS);

/** --name: a name of the certificate; each use adds one. */
export const nameOption = (description: string): Option =>
  new Option('--name <name>', description).argParser((text, earlier: string[] | undefined) => [
    ...(earlier ?? []),
    text,
  ]);

/** @throws {WeirError} WEIR_USAGE_CERTS for a text that is no name */
export async function expectSubjectNames(names: readonly string[]): Promise<void> {
  const { isSubjectName } = await import('../certificates/index.ts');
  const wrong = names.find((name) => !isSubjectName(name));
  if (wrong === undefined) return;
  throw new WeirError('WEIR_USAGE_CERTS', `expected a DNS name or an IP address, found "${wrong}"`, {
    remedy: 'Write names such as node-1, agg.example.org, *.example.org, 192.0.2.10 or 2001:db8::10.',
  });
}
