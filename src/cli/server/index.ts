/** The way from the command line to an aggregator: by an address, or through the API server of a cluster. */
export { parseServerAddress, type ServerAddress } from './server-address.ts';
export {
  addAccessOptions,
  addServerOption,
  type NamedServer,
  namedServer,
  type ServerOptions,
} from './server-options.ts';
export { askAggregator, type ServerRequest } from './server-request.ts';
