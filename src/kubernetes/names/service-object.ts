import { protocolNumber } from '../../flow/index.ts';
import { listIn, objectIn, portIn, textIn, timeIn, withoutRoom } from './object-reader.ts';

/** What Weir keeps of a Service. */
export interface ServiceObject {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdMs: number;
  /** Cluster, external and load balancer addresses that nodes translate; none for a headless Service. */
  readonly addresses: readonly string[];
  readonly ports: readonly ServicePortObject[];
}

export interface ServicePortObject {
  /** Empty when the only port has no name. */
  readonly name: string;
  readonly protocol: number;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
}

const MOST_ADDRESSES = 64;
const MOST_PORTS = 256;

/** Undefined when it is no Service with a UID, a namespace and a name. */
export function slimService(object: unknown): ServiceObject | undefined {
  const [metadata, spec] = [objectIn(object, 'metadata'), objectIn(object, 'spec')];
  const [uid, namespace, name] = [
    textIn(metadata, 'uid'),
    textIn(metadata, 'namespace'),
    textIn(metadata, 'name'),
  ];
  if (uid === '' || namespace === '' || name === '') return undefined;
  return {
    uid,
    namespace,
    name,
    createdMs: timeIn(metadata, 'creationTimestamp') || 0,
    addresses: [...new Set([...ownAddresses(spec), ...balancerAddresses(object)])],
    ports: withoutRoom(listIn(spec, 'ports', MOST_PORTS).flatMap((port) => slimPort(port) ?? [])),
  };
}

function ownAddresses(spec: unknown): string[] {
  const lists = [
    ...listIn(spec, 'clusterIPs', MOST_ADDRESSES),
    ...listIn(spec, 'externalIPs', MOST_ADDRESSES),
  ];
  const texts = [textIn(spec, 'clusterIP'), ...lists];
  return texts.filter((text): text is string => typeof text === 'string' && text !== '' && text !== 'None');
}

/** Addresses of a balancer that is a proxy are not on nodes, and hostnames are no addresses. */
function balancerAddresses(object: unknown): string[] {
  return listIn(objectIn(object, 'status', 'loadBalancer'), 'ingress', MOST_ADDRESSES)
    .filter((each) => textIn(each, 'ipMode') !== 'Proxy')
    .map((each) => textIn(each, 'ip'))
    .filter((address) => address !== '');
}

function slimPort(port: unknown): ServicePortObject | undefined {
  const number = portIn(port, 'port');
  const protocol = protocolNumber(textIn(port, 'protocol') || 'TCP');
  if (number === 0 || protocol === undefined) return undefined;
  return { name: textIn(port, 'name'), protocol, port: number, nodePort: portIn(port, 'nodePort') };
}
