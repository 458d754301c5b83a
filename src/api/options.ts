import { choiceOption, customOption, integerOption } from '../runtime/index.ts';
import { parseCipherSuites } from '../tls/index.ts';

/** The versions that the reference system takes. The first two count as the third: OpenSSL refuses them. */
export const serverTlsVersions = ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'] as const;

/** The API server of an aggregator. */
export const apiServerOptions = {
  apiPort: integerOption(1, 65_535, {
    description: 'its port, on every address',
    default: 10_348,
  }),
  tlsCipherSuites: customOption<readonly string[], { description: string; derived: string; value: string }>(
    {
      description: 'cipher suites of TLS 1.2 that it accepts, by the names of Go or of OpenSSL',
      value:
        'cipher suites separated by commas, such as "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,ECDHE-RSA-AES256-GCM-SHA384"',
      derived: "Node's",
      json: { type: 'string' },
      write: (suites) => suites.join(','),
    },
    readSuites,
  ),
  tlsMinVersion: choiceOption(serverTlsVersions, {
    description: 'lowest version of TLS; never below 1.2',
    default: 'VersionTLS12',
  }),
};

/** An empty text means the default, as it does in the reference system; it has no list then. */
function readSuites(found: unknown): readonly string[] | undefined {
  if (typeof found !== 'string') return undefined;
  return parseCipherSuites(found) ?? [];
}
