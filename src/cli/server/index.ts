/** The way from the command line to an aggregator: by an address, or through the API server of a cluster. */
export { LastingServer } from './lasting-server.ts';
export {
  type NamedServer,
  parseServerAddress,
  type ServerAddress,
  type ServerOptions,
} from './server-address.ts';
export { accessOptions, addAccessOptions, addServerOption, namedServer } from './server-options.ts';
export { askAggregator, beginAnswer, type ServerRequest } from './server-request.ts';
