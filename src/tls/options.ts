import { choiceOption, listOption, textOption, textOrNoneOption } from '../runtime/index.ts';
import { isNamePattern } from './allowed-names.ts';
import { isCipherSuite } from './cipher-suites.ts';

/** Where Weir looks for certificates, and where `weir certs` puts them. */
export const CERTIFICATE_FOLDER = '/etc/weir/certs';

/** The lowest version of TLS; of DTLS, 1.2 is the only one. */
export const tlsVersions = ['VersionTLS12', 'VersionTLS13'] as const;

const fileOption = (description: string, name: string) =>
  textOption({ description, value: 'the path of a file', default: `${CERTIFICATE_FOLDER}/${name}` });

/** @param holder whose certificate it is: the name of its files */
const sharedOptions = (holder: 'agent' | 'aggregator') => ({
  caFile: fileOption('PEM certificates of the authorities that sign the certificates of peers', 'ca.crt'),
  certFile: fileOption(
    'PEM certificate that this process shows, then those of authorities between it and the root',
    `${holder}.crt`,
  ),
  keyFile: fileOption('PEM private key of the certificate', `${holder}.key`),
  crlFile: textOption({
    description: 'PEM revocation lists of the authorities: no peer with a certificate in them has a session',
    value: 'the path of a file',
    derived: 'ca.crl beside caFile, if it is there',
  }),
  minVersion: choiceOption(tlsVersions, { description: 'lowest version', default: 'VersionTLS12' }),
  cipherSuites: listOption(
    {
      description: 'cipher suites that are offered and accepted',
      value: 'a list of cipher suites such as "TLS_AES_128_GCM_SHA256" or "ECDHE-ECDSA-AES128-GCM-SHA256"',
      derived: "Node's",
      json: { type: 'string' },
    },
    readCipherSuite,
  ),
});

/** TLS and DTLS of a process that exports. */
export const exportingTlsOptions = (holder: 'agent' | 'aggregator') => ({
  ...sharedOptions(holder),
  serverName: textOrNoneOption({
    description: "name or address that the collector's certificate must have",
    derived: 'the host of the address',
  }),
});

/** TLS and DTLS of a process that collects. */
export const collectingTlsOptions = {
  ...sharedOptions('aggregator'),
  allowedClients: listOption(
    {
      description:
        'names and addresses of clients: their certificates must have one; *.example.org stands for each name with one label more; by default the authorities decide alone',
      value: 'a list of names and addresses, such as "node-a" or "*.example.org"',
      json: { type: 'string' },
    },
    (found) => (typeof found === 'string' && isNamePattern(found) ? found : undefined),
  ),
};

function readCipherSuite(found: unknown): string | undefined {
  return typeof found === 'string' && isCipherSuite(found) ? found : undefined;
}
