import { loopbackCertificate, loopbackKey } from '../../test/support/loopback-certificate.ts';
import { listServer } from './list-server.ts';
import { podJson } from './pod.ts';
import { headlessSliceJson, serviceJson } from './service.ts';

/* A program: the API of a large cluster as an agent sees it, at a port of its own. */
const [port, pods, services, slices] = process.argv.slice(2).map(Number);
const textsOf = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i));
const itemsAt = new Map([
  ['/api/v1/pods', textsOf(pods!, podJson)],
  ['/api/v1/services', textsOf(services!, serviceJson)],
  ['/apis/discovery.k8s.io/v1/endpointslices', textsOf(slices!, headlessSliceJson)],
]);
const certificate = { cert: loopbackCertificate, key: loopbackKey };
listServer((path) => itemsAt.get(path), true, certificate).listen(port, '127.0.0.1', () =>
  console.log('serves'),
);
