/** Names of the files that `weir certs` makes, all in PEM; options of TLS have them as defaults. */
export const certificateFiles = {
  /** Certificates of the authorities that a host trusts. */
  authority: 'ca.crt',
  /** Only where certificates are issued; no agent or aggregator reads it. */
  authorityKey: 'ca.key',
  /** Certificates of that authority that are not accepted any more. */
  revocations: 'ca.crl',
  aggregator: 'aggregator.crt',
  aggregatorKey: 'aggregator.key',
  agent: 'agent.crt',
  agentKey: 'agent.key',
} as const;
