import type { CredentialFiles } from '../../http/index.ts';

/** A Loki, and what each entry has in common. Files are read again before each push, since tokens change. */
export interface ProcessLogOptions extends CredentialFiles {
  /** Loki's base, without credentials and without a slash at its end: 'http://127.0.0.1:3100'. */
  readonly url: string;
  /** Label `service_name`: 'weir-agent'. */
  readonly serviceName: string;
  /**
   * Distinguishes processes of the same name; in each line, since a label would make a stream for each
   * process.
   */
  readonly instance: string;
  /** Further labels, the same for all entries. */
  readonly labels: Readonly<Record<string, string>>;
  /** For a Loki with several tenants; header X-Scope-OrgID. */
  readonly tenant?: string;
  /** Octets of memory for waiting entries. Default 4 MiB. */
  readonly maxWaitingOctets?: number;
  /** Default 500. */
  readonly maxEntriesASecond?: number;
}
