import { Agent } from 'node:https';
import { Duplex, PassThrough, Writable } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { WeirError } from '../../runtime/index.ts';

/** A port of a Pod, and how to speak TLS to it. */
export interface ForwardedPort {
  /** Of the kubeconfig. */
  readonly context: string;
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly tls: { readonly ca: string; readonly servername: string };
}

/**
 * A way to the port of a Pod through the API server. The API server and the kubelet see only TLS.
 * @returns what makes the connection of the one request
 * @throws {WeirError} WEIR_SERVER_UNREACHABLE
 */
export async function forwardPort(forwarded: ForwardedPort): Promise<() => TLSSocket> {
  const { namespace, pod, tls } = forwarded;
  const [fromPod, toPod] = [new PassThrough(), new PassThrough()];
  try {
    const webSocket = await openForward(forwarded, fromPod, toPod);
    webSocket.onclose = () => fromPod.end();
    const stream = Duplex.from({ readable: fromPod, writable: toPod });
    stream.on('error', () => {}); // the TLS above it has it too
    stream.on('close', () => webSocket.close());
    return () => connect({ ...tls, socket: stream }).on('close', () => stream.destroy());
  } catch (cause) {
    throw new WeirError(
      'WEIR_SERVER_UNREACHABLE',
      `no port-forward to Pod ${namespace}/${pod}: ${(cause as Error).message}`,
      {
        cause,
        remedy: 'It needs the right to create pods/portforward there; or name an address with --server.',
      },
    );
  }
}

/** Port-forwards at a time. */
const MOST_FORWARDS = 32;

/** Keeps port-forwards for one request after another. A client of it runs for long: they keep it alive. */
export class ForwardAgent extends Agent {
  readonly #forwarded: ForwardedPort;

  constructor(forwarded: ForwardedPort) {
    super({ keepAlive: true, maxSockets: MOST_FORWARDS });
    this.#forwarded = forwarded;
  }

  override createConnection(_: unknown, done: (error: Error | null, stream?: Duplex) => void): undefined {
    forwardPort(this.#forwarded).then((connectTls) => done(null, connectTls()), done);
  }
}

/** What is used of a WebSocket, whose types are not here. */
interface ForwardSocket {
  onclose: unknown;
  close(): void;
}

async function openForward(
  { context, namespace, pod, port }: ForwardedPort,
  fromPod: PassThrough,
  toPod: PassThrough,
): Promise<ForwardSocket> {
  const { KubeConfig, PortForward } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromDefault();
  config.setCurrentContext(context);
  // The channel of errors begins with the number of the port, of which nothing is left here.
  const faults = new Writable({
    write: (text, _, done) => {
      if (String(text).trim() !== '') fromPod.destroy(new Error(String(text).trim()));
      done();
    },
  });
  const forward = new PortForward(config);
  const opened = await forward.portForward(namespace, pod, [port], fromPod, faults, toPod);
  if (typeof opened === 'function') throw new TypeError('expected a WebSocket'); // so it is with repetitions
  return opened;
}
