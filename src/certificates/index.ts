/**
 * Makes, renews and reads X.509 certificates for agents and aggregators. It loads a library of several
 * megabytes. So others than `weir certs` import it only when they make a certificate.
 */

export { type CertificateEntry, readCertificateEntries } from './certificate-entries.ts';
export { certificateFiles } from './certificate-files.ts';
export { type IssuedFiles, initFolder, issueCertificate, type LeafRequest, type LeafRole } from './issue.ts';
export { newAuthorityPair, newLeafPair, type PemPair } from './pem-pair.ts';
export { type RenewedCertificate, renewAuthority, renewFolder } from './renewal.ts';
export { revokeCertificates, type WrittenList } from './revocation.ts';
export { isSubjectName, namesOfThisHost } from './subject-name.ts';
export { printableNamesOf, subjectOf } from './subject-text.ts';
