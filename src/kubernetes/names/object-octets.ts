import type { ControllerObject } from './controller-object.ts';
import type { EndpointSliceObject } from './endpoint-slice-object.ts';
import type { NamespaceObject } from './kube-system.ts';
import type { NodeObject } from './node-object.ts';
import type { PodObject } from './pod-object.ts';
import type { ServiceObject } from './service-object.ts';

/*
 * About how many octets an object takes in all tables together. Bounds go by it, so it is rather too much
 * than too little.
 */

/** An object with few texts and times, and its place by UID. */
const OBJECT = 400;
/** One address, or address and port, with its interval, its key and the names for records. */
const ENTRY = 400;
/** One member of a list. */
const MEMBER = 200;

export const podOctets = ({ uid, name, labels, addresses, hostPorts }: PodObject): number =>
  2 * OBJECT +
  ENTRY * (addresses.length + hostPorts.length) +
  uid.length +
  name.text.length +
  2 * labels.text.length;

/** Each port is at each address, and at the nodes. */
export const serviceOctets = ({ ports, addresses }: ServiceObject): number =>
  OBJECT + ENTRY * ports.length * (addresses.length + 1);

export const endpointSliceOctets = ({ ports, podUids }: EndpointSliceObject): number =>
  OBJECT + MEMBER * (ports.length + 2 * podUids.length);

export const nodeOctets = ({ addresses }: NodeObject): number => OBJECT + ENTRY * addresses.length;

export const controllerOctets = (_object: ControllerObject): number => OBJECT;

export const namespaceOctets = (_object: NamespaceObject): number => OBJECT;
