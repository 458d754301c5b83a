/** What the tests use of the WebSockets that @kubernetes/client-node brings along. */
declare module 'ws' {
  import type { IncomingMessage } from 'node:http';
  import type { Duplex } from 'node:stream';

  export interface WebSocket {
    onclose: (() => void) | null;
    send(octets: Uint8Array): void;
    close(): void;
    on(event: 'message', listener: (octets: Buffer) => void): this;
    on(event: 'close', listener: () => void): this;
  }

  export class WebSocketServer {
    constructor(options: { readonly noServer: true; readonly handleProtocols: () => string });
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      onOpen: (webSocket: WebSocket) => void,
    ): void;
  }
}
