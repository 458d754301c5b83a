import type { CredentialFiles } from '../../http/index.ts';
import type { SectionValues } from '../../runtime/index.ts';
import type { logOptions } from './options.ts';

/** A Loki for the program's own log. */
export interface LokiLogSettings extends CredentialFiles {
  /** Without a slash at its end. */
  readonly url: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly tenant?: string;
}

/** Undefined: the log goes to standard error only. */
export function lokiLogSettings({ loki }: SectionValues<typeof logOptions>): LokiLogSettings | undefined {
  const { url, labels, tenant, headersFile, caFile } = loki;
  if (url === undefined) return undefined;
  return {
    url: url.href.replace(/\/+$/, ''),
    labels,
    ...(tenant === undefined ? {} : { tenant }),
    ...(headersFile === undefined ? {} : { headersFile }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}
