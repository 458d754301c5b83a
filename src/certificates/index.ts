/**
 * Makes, renews and reads X.509 certificates for agents and aggregators. It loads a library of several
 * megabytes, so only `weir certs` imports it, and only when it runs.
 */

export { type CertificateEntry, readCertificateEntries } from './certificate-entries.ts';
export { certificateFiles } from './certificate-files.ts';
export { type IssuedFiles, initFolder, issueCertificate, type LeafRole } from './issue.ts';
export { type RenewedCertificate, renewAuthority, renewFolder } from './renewal.ts';
export { revokeCertificates, type WrittenList } from './revocation.ts';
export { isSubjectName, namesOfThisHost } from './subject-name.ts';
export { printableNamesOf, subjectOf } from './subject-text.ts';
