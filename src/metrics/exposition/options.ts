import {
  customOption,
  formatHostPort,
  type HostPort,
  type OwnKind,
  readHostPort,
} from '../../runtime/index.ts';

/** Where metrics are read. */
export interface MetricsListen extends HostPort {
  /** Whether the file sets this address: then a failure to listen stops the start. */
  readonly isAskedFor: boolean;
}

/** @param address the default; programs that may run on one host have different ones */
export const metricsListen = ({ host, port }: HostPort) =>
  customOption<MetricsListen | 'off', OwnKind<MetricsListen | 'off'> & { readonly default: MetricsListen }>(
    {
      description:
        'address that serves /metrics, /healthz and /readyz to everybody who reaches it; if another program uses the default address, Weir starts without it',
      value: `"off", or an address and port such as "0.0.0.0:${port}"`,
      default: { host, port, isAskedFor: false },
      json: { type: 'string' },
      write: (address) => (address === 'off' ? address : formatHostPort(address)),
    },
    (found) => {
      if (found === 'off') return found;
      const address = typeof found === 'string' ? readHostPort(found) : undefined;
      return address === undefined ? undefined : { ...address, isAskedFor: true };
    },
  );
