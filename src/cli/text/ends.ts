import { serviceName } from '../../flow/index.ts';

/** The fields in the text of a flow's end, as in a flow record. */
export interface Flow {
  readonly sourceIP?: string;
  readonly destinationIP?: string;
  readonly sourceTransportPort?: number;
  readonly destinationTransportPort?: number;
  readonly sourcePodNamespace?: string;
  readonly sourcePodName?: string;
  readonly destinationPodNamespace?: string;
  readonly destinationPodName?: string;
  readonly destinationServicePortName?: string;
}

/** The end that opened the connection: 10.0.0.1:40312, [fd00::1]:40312, shop/web-1:40312. */
export function sourceText(flow: Flow): string {
  return withPort(
    hostText(flow.sourceIP, flow.sourcePodNamespace, flow.sourcePodName),
    flow.sourceTransportPort,
  );
}

/** The end that was reached, with the name of its port if it has one: 10.0.0.2:https, shop/db-0:postgres. */
export function destinationText(flow: Flow): string {
  const port = flow.destinationTransportPort;
  const named = port === undefined ? undefined : (serviceName(port) ?? port);
  return withPort(hostText(flow.destinationIP, flow.destinationPodNamespace, flow.destinationPodName), named);
}

function hostText(
  address: string | undefined,
  namespace: string | undefined,
  pod: string | undefined,
): string {
  if (pod !== undefined) return namespace === undefined ? pod : `${namespace}/${pod}`;
  return address ?? '?';
}

function withPort(name: string, port: number | string | undefined): string {
  if (port === undefined) return name;
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}
