import type { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_LINK } from '../runtime/index.ts';
import { CERTIFICATE_MODE, fileError, readGuardedFile } from './guarded-files.ts';
import { printableNamesOf } from './subject-text.ts';

/** A certificate that an authority has signed. */
export interface IssuedCertificate {
  /** Hexadecimal. */
  readonly serialNumber: string;
  readonly names: readonly string[];
  /** Its end, in milliseconds since 1970. */
  readonly untilMs: number;
}

const FILE = 'issued.jsonl';

/**
 * Notes a new certificate beside the authority. Its file goes to another host, so only this list has its
 * number when it must be revoked.
 * @throws {WeirError} WEIR_CERTS_FILE
 */
export async function noteIssued(authorityFolder: string, certificate: X509Certificate): Promise<void> {
  const path = join(authorityFolder, FILE);
  const issued: IssuedCertificate = {
    serialNumber: certificate.serialNumber,
    names: printableNamesOf(certificate),
    untilMs: certificate.validToDate.getTime(),
  };
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | NO_LINK;
    await using file = await open(path, flags, CERTIFICATE_MODE);
    await file.writeFile(`${JSON.stringify(issued)}\n`);
  } catch (error) {
    throw fileError(error, path, 'be written to');
  }
}

/** The certificates noted so far. A line that is cut is none. */
export async function readIssued(authorityFolder: string): Promise<IssuedCertificate[]> {
  const text = (await readGuardedFile(join(authorityFolder, FILE))) ?? '';
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as IssuedCertificate];
    } catch {
      return [];
    }
  });
}
