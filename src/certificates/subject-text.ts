import type { X509Certificate } from 'node:crypto';
import { printableText } from '../runtime/index.ts';
import { namesOf } from '../tls/index.ts';

/** The names of a certificate, safe for a terminal. */
export const printableNamesOf = (certificate: X509Certificate): string[] =>
  namesOf(certificate).map(printableText);

/** The subject of a certificate on one line, safe for a terminal. */
export const subjectOf = ({ subject }: X509Certificate): string => oneLine(subject);

/** A distinguished name on one line, safe for a terminal. Node gives a line for each part, or nothing. */
export const oneLine = (name: string | undefined): string =>
  printableText((name ?? '').trim().split('\n').join(', '));
