import { enterNetworkNamespace, NetlinkSocket, outletOfThisWorker } from '../netlink/index.ts';
import { EventListener, eventSocketOptions } from './event-listener.ts';

export interface EventWorkerOptions {
  readonly netns: string | undefined;
  readonly receiveBufferOctets: number;
}

const { outlet, settings } = outletOfThisWorker<EventWorkerOptions>();

outlet.run(
  () => {
    if (settings.netns !== undefined) enterNetworkNamespace(settings.netns);
    return new NetlinkSocket(eventSocketOptions(settings.receiveBufferOctets));
  },
  (socket) => {
    new EventListener(outlet, socket).run();
    socket.close();
  },
);
