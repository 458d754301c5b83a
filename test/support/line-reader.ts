import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { loopbackCertificate, loopbackKey } from './loopback-certificate.ts';

/** A server over TCP or TLS on loopback that keeps the lines of all its connections. */
export class LineReader implements AsyncDisposable {
  readonly protocol: 'tcp' | 'tls';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #text = '';

  private constructor(protocol: 'tcp' | 'tls') {
    this.protocol = protocol;
    const take = (socket: Socket) => {
      this.#sockets.add(socket);
      socket.setEncoding('utf8');
      socket.on('data', (text) => {
        this.#text += text;
      });
      socket.on('error', () => {});
    };
    const secret = {
      cert: loopbackCertificate,
      key: loopbackKey,
      ca: loopbackCertificate,
      requestCert: true,
      rejectUnauthorized: true,
    };
    this.#server = protocol === 'tcp' ? createServer(take) : createTlsServer(secret, take);
  }

  static async start({ protocol = 'tcp' as 'tcp' | 'tls', port = 0 } = {}): Promise<LineReader> {
    const reader = new LineReader(protocol);
    await new Promise<void>((resolve) => reader.#server.listen(port, '127.0.0.1', resolve));
    return reader;
  }

  get address() {
    const { port } = this.#server.address() as AddressInfo;
    return { protocol: this.protocol, host: '127.0.0.1', port } as const;
  }

  /** Complete lines, without their ends. */
  get lines(): string[] {
    return this.#text.split('\n').slice(0, -1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
