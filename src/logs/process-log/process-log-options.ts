import type { CredentialFiles } from '../../http/index.ts';

/** A Loki, and what it is told with each entry. Files are read again before each push, as tokens change. */
export interface ProcessLogOptions extends CredentialFiles {
  /** Loki's base, without credentials and without a slash at its end: 'http://127.0.0.1:3100'. */
  readonly url: string;
  /** Label `service_name`: 'weir-agent'. */
  readonly serviceName: string;
  /**
   * Which of the processes of this name it is; in each line, as a label for each would make a stream for
   * each.
   */
  readonly instance: string;
  /** Further labels, the same for all entries. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of a Loki with several; header X-Scope-OrgID. */
  readonly tenant?: string;
  /** Octets of memory for entries that wait. Default 4 MiB. */
  readonly maxWaitingOctets?: number;
  /** Default 500. */
  readonly maxEntriesASecond?: number;
}
