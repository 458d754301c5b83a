import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { printableText } from '../runtime/index.ts';
import { namesOf } from '../tls/index.ts';

/** The names of a certificate, safe for a terminal. */
export const printableNamesOf = (certificate: X509Certificate): string[] =>
  namesOf(certificate).map((name) => (isIP(name) === 6 ? shortAddress(name) : printableText(name)));

/** 2001:db8::1 of 2001:DB8:0:0:0:0:0:1. */
const shortAddress = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

/** The subject of a certificate on one line, safe for a terminal. */
export const subjectOf = ({ subject }: X509Certificate): string => oneLine(subject);

/** A distinguished name on one line, safe for a terminal. Node gives a line for each part, or nothing. */
export const oneLine = (name: string | undefined): string =>
  printableText((name ?? '').trim().split('\n').join(', '));
