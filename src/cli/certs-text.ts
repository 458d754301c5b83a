import type { X509Certificate } from 'node:crypto';

/** The day of a time in UTC: 2026-01-31. */
export const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/** Names and the end of a certificate: "for node-1, until 2027-01-31". */
export async function describeCertificate(certificate: X509Certificate): Promise<string> {
  const { printableNamesOf } = await import('../certificates/index.ts');
  return `for ${printableNamesOf(certificate).join(', ')}, until ${dayOf(certificate.validToDate)}`;
}
