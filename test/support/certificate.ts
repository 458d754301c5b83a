import { run } from './program.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

/** PEM files. */
export interface Certificate {
  certificateFile: string;
  keyFile: string;
}

/**
 * A certificate for servers on 127.0.0.1 and localhost, signed by itself and valid today. For tests that
 * require('openssl').
 */
export async function makeCertificate(directory: TemporaryDirectory): Promise<Certificate> {
  const certificateFile = directory.file('certificate.pem');
  const keyFile = directory.file('key.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  await run(['openssl', 'req', '-x509', ...key, ...names, '-days', '1', '-out', certificateFile]);
  return { certificateFile, keyFile };
}
