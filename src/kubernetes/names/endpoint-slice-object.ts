import { protocolNumber } from '../../flow/index.ts';
import { listIn, objectIn, portIn, textIn, withoutRoom } from './object-reader.ts';

/**
 * What Weir keeps of an EndpointSlice of a headless Service: only there is the endpoint all that a flow
 * shows.
 */
export interface EndpointSliceObject {
  readonly uid: string;
  readonly namespace: string;
  readonly service: string;
  readonly ports: readonly EndpointPort[];
  readonly podUids: readonly string[];
}

export interface EndpointPort {
  readonly name: string;
  readonly protocol: number;
  /** 0 means any. */
  readonly port: number;
}

const MOST_ENDPOINTS = 1_000;
const MOST_PORTS = 256;

/**
 * Undefined when it is no EndpointSlice of a headless Service.
 * @param nodeName keeps only the endpoints on this node
 */
export function slimEndpointSlice(object: unknown, nodeName?: string): EndpointSliceObject | undefined {
  const metadata = objectIn(object, 'metadata');
  const labels = objectIn(metadata, 'labels');
  const [uid, namespace] = [textIn(metadata, 'uid'), textIn(metadata, 'namespace')];
  const service = textIn(labels, 'kubernetes.io/service-name');
  if (uid === '' || namespace === '' || service === '') return undefined;
  if (labels['service.kubernetes.io/headless'] === undefined) return undefined;
  const endpoints = listIn(object, 'endpoints', MOST_ENDPOINTS).filter(
    (endpoint) => nodeName === undefined || textIn(endpoint, 'nodeName') === nodeName,
  );
  const podUids = endpoints
    .map((endpoint) => objectIn(endpoint, 'targetRef'))
    .filter((target) => textIn(target, 'kind') === 'Pod')
    .map((target) => textIn(target, 'uid'));
  return {
    uid,
    namespace,
    service,
    ports: withoutRoom(listIn(object, 'ports', MOST_PORTS).flatMap((port) => slimPort(port) ?? [])),
    podUids: withoutRoom([...new Set(podUids)].filter((podUid) => podUid !== '')),
  };
}

function slimPort(port: unknown): EndpointPort | undefined {
  const protocol = protocolNumber(textIn(port, 'protocol') || 'TCP');
  return protocol === undefined
    ? undefined
    : { name: textIn(port, 'name'), protocol, port: portIn(port, 'port') };
}
